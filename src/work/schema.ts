/** Schema of the queue's tables. */
export const JOBS_SCHEMA = 'vivenu_jobs';
