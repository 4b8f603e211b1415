/** Who asks, and what changed. */
import { z } from 'zod';
import { count, moment } from './basics.js';

export const role = z.enum(['viewer', 'operator']);
export const session = z.object({
  login: z.enum(['none', 'required']).describe('none: on this machine only, whoever asks is an operator'),
  role: role.nullable().describe('null: not logged in'),
  csrf: z.string().nullable().describe('Sent back as x-csrf-token with each POST'),
  version: z.string(),
  ticket_url: z.string().nullable().describe("Of a ticket in vivenu's own dashboard, with {ticket_id}"),
});
export const login = z.object({ role, password: z.string().max(1000) });
export const problem = z.object({ error: z.string(), retry_after_s: count.optional() });

/** Server-sent events of `GET /live`: `event: changed`, `data:` this. A client that connects gets one at once. */
export const changed = z.object({
  at: moment,
  sales: z.array(z.string()).describe('Regions whose figures moved since the last'),
  runs: z.boolean().describe('A run began, went on or ended'),
});
