import { z } from 'zod';

export const moment = z.iso.datetime().describe('ISO 8601, UTC');
export const day = z.iso.date().describe('Calendar day of the event');
export const count = z.number().int();
export const eventKey = { region: z.string(), event_id: z.string().describe('vivenu id of the event') };

/** How far a region's figures can be trusted. */
export const trust = z.object({
  state: z.enum([
    'complete',
    'reading',
    'stale',
    'incomplete',
    'not_read',
    'waiting',
    'interrupted',
    'never_read',
  ]),
  says: z.string().describe('In words, without its age: "complete", "incomplete, 37 short", "not read"'),
  since: z
    .object({ word: z.enum(['proven', 'last proven', 'read', 'figures from']), at: moment })
    .nullable()
    .describe('What its age is counted from, and the word before the age'),
  cause: z.string().nullable().describe('Why, and the mend, as a sentence; null where all is well'),
  short: count.nullable().describe('Rows that vivenu has and the database lacks; negative: too many'),
  set_aside: count.describe('Records that could not be stored'),
  progress: z.number().min(0).max(1).nullable().describe('Of the read under way, where its size is known'),
  run_id: z.uuid().nullable(),
  stream: z.string().nullable().describe('The stream that it is about'),
});
