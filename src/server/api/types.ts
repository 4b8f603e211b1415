/** The types of the API's answers; the page imports nothing else of the server. */
import type { z } from 'zod';
import type * as schemas from './schemas/index.js';

type Of<Name extends keyof typeof schemas> = z.infer<(typeof schemas)[Name]>;

export type Trust = Of<'trust'>;
export type Attention = Of<'attention'>;
export type OverviewEvent = Of<'overviewEvent'>;
export type OverviewRegion = Of<'overviewRegion'>;
export type Overview = Of<'overview'>;
export type EventPage = Of<'eventPage'>;
export type Comparable = Of<'comparable'>;
export type SalesSeries = Of<'salesSeries'>;
export type Quality = Of<'quality'>;
export type Person = Of<'person'>;
export type RunLine = Of<'runLine'>;
export type RunStream = Of<'runStream'>;
export type RunDetail = Of<'runDetail'>;
export type RunningRead = Of<'runningRead'>;
export type Runs = Of<'runs'>;
export type Rejects = Of<'rejects'>;
export type RetryRejects = Of<'retryRejects'>;
export type Retried = Of<'retried'>;
export type RetryJobs = Of<'retryJobs'>;
export type SendRun = Of<'sendRun'>;
export type Done = Of<'done'>;
export type Rows = Of<'rows'>;
export type Session = Of<'session'>;
export type Login = Of<'login'>;
export type Problem = Of<'problem'>;
export type Changed = Of<'changed'>;
