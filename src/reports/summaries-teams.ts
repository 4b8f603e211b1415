import { boolean, int, numeric, text, timestamptz, type Summary } from './summary.js';

/** `team_members`: which tickets of an order are one team. */
export const teamMembers: Summary = {
  name: 'team_members',
  scope: 'event',
  key: ['event_id', 'ticket_id'],
  says: 'A sold ticket of a division that starts in teams, and its team',
  columns: {
    event_id: text('vivenu id of the event'),
    ticket_id: text('vivenu id of the ticket'),
    team_id: text("Names the team: the id of its main ticket, else of its first member's"),
    order_id: text('vivenu id of the order; of a transferred ticket, that which it came from'),
    team_no: int('Number of the team within order, division and day'),
    ticket_category: text('Category, as the profile reads it from the name of the ticket'),
    division: text('Division, as the profile reads it from the name of the ticket'),
    event_day: text('Day of the event; empty: the name names none'),
    team_role: text('main: pays for the team; member: a further member of it'),
    team_size: int('Tickets of a complete team'),
    people: int('Tickets that the team has'),
    members: int('Those of them of further members'),
    complete: boolean('Whether the team lacks nobody'),
    age: int('Age of this holder at the start of the event'),
    team_age: int('Mean age of the team, rounded down; empty: a member or an age is missing'),
    men: int('Tickets of the team with gender Male'),
    women: int('Tickets of the team with gender Female'),
  },
};

/** `ticket_age_groups`: people and teams by age range. */
export const ageGroups: Summary = {
  name: 'ticket_age_groups',
  scope: 'event',
  key: ['event_id', 'ticket_group', 'ticket_event_day', 'age_range'],
  says: 'An age range of a division and day and how many people are in it',
  columns: {
    event_id: text('vivenu id of the event'),
    ticket_group: text('Division; (none): the name of the ticket names none'),
    ticket_event_day: text('Day of the event; ALL: the name of the ticket names none'),
    age_range: text('Range of the profile, Incomplete, Other (an age in no range) or Total'),
    ticket_category: text('Category of the division'),
    range_order: int('Order of the ranges'),
    count: int('People: sold tickets, those of further team members too'),
    teams: int('Teams; a person who starts alone is one'),
    average_age: numeric('Mean of the known ages of these people at the start of the event'),
  },
};

/** `ticket_problems`: what somebody has to look at before the event. */
export const problems: Summary = {
  name: 'ticket_problems',
  scope: 'event',
  key: ['event_id', 'problem', 'ticket_id'],
  says: 'A problem of a sold ticket',
  columns: {
    event_id: text('vivenu id of the event'),
    problem: text('Kind of problem, as v_data_quality lists them'),
    ticket_id: text('vivenu id of the ticket'),
    order_id: text('vivenu id of the order; of a transferred team ticket, that which it came from'),
    team_no: int('Number of the team within order, division and day'),
    ticket_category: text('Category of the ticket'),
    division: text('Division of the ticket'),
    event_day: text('Day of the event; empty: the name of the ticket names none'),
    status: text('Status of the ticket: VALID or DETAILSREQUIRED'),
    detail: text('What was found: a gender, an age, how many are in the team'),
    created_at: timestamptz('When the ticket was made'),
    updated_at: timestamptz('When it was last changed at vivenu'),
  },
};
