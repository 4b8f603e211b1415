-- How many of each ticket type are sold, at which price, and how many are left?
create or replace view v_ticket_types as
select
  summary.event_id,
  events.name as event_name,
  summary.ticket_type_id,
  summary.ticket_name,
  summary.ticket_category as category,
  summary.ticket_division as division,
  summary.ticket_event_day as event_day,
  summary.type_active as on_sale,
  types.price,
  summary.total_count as sold,
  summary.details_required,
  summary.capacity,
  summary.capacity - summary.total_count as remaining,
  round(100.0 * summary.total_count / nullif(summary.capacity, 0), 1) as percent,
  summary.revenue,
  summary.currency
from ticket_summary as summary
left join ticket_types as types
  on types.event_id = summary.event_id and types.id = summary.ticket_type_id and types.deleted_at is null
left join events on events.id = summary.event_id
order by events.start_date, summary.event_id, summary.total_count desc, summary.ticket_name, summary.ticket_type_id;
comment on view v_ticket_types is 'How many of each ticket type are sold, at which price, and how many are left? One row an event and type: also those that nobody bought, and those that the event no longer has but tickets are of.';
comment on column v_ticket_types.event_id is 'vivenu id of the event';
comment on column v_ticket_types.event_name is 'Name of the event';
comment on column v_ticket_types.ticket_type_id is 'vivenu id of the ticket type; of a ticket without one, its name';
comment on column v_ticket_types.ticket_name is 'Name of the ticket type';
comment on column v_ticket_types.category is 'Category, as the profile reads it from the name';
comment on column v_ticket_types.division is 'Division, as the profile reads it from the name';
comment on column v_ticket_types.event_day is 'Day of the event; empty: the name names no day';
comment on column v_ticket_types.on_sale is 'Whether the type is active; empty where the event no longer has it';
comment on column v_ticket_types.price is 'Price at which it is offered now, in major units of the event''s currency; empty where the event no longer has it';
comment on column v_ticket_types.sold is 'Tickets sold: persons, tickets of further team members too';
comment on column v_ticket_types.details_required is 'Sold tickets whose holder still has to give details';
comment on column v_ticket_types.capacity is 'Amount that may be sold; empty: no limit';
comment on column v_ticket_types.remaining is 'Capacity less sold; negative where more is sold than there is room for';
comment on column v_ticket_types.percent is 'Sold, in percent of the capacity';
comment on column v_ticket_types.revenue is 'Prices paid for the sold tickets, in major units of the currency; empty where they were sold in several currencies';
comment on column v_ticket_types.currency is 'Currency of the revenue';
