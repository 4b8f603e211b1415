/** What a problem of a ticket is called. */
const PROBLEMS: Readonly<Record<string, string>> = {
  details_required: 'Details required',
  gender_vs_division: 'Gender does not fit the division',
  mixed_ratio: 'Mixed team of mostly one gender',
  missing_birth_date: 'Birth date missing',
  implausible_birth_date: 'Birth date implausible',
  under_16: 'Under 16',
  '16_to_18': '16 or 17 years old',
  incomplete_team: 'Team lacks a member',
  no_holder: 'Nobody named',
};

/** In words; a problem that has none yet is told by its name. */
export const problemSays = (problem: string): string => PROBLEMS[problem] ?? problem.replaceAll('_', ' ');
