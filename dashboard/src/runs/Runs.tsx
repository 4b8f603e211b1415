import type { Runs as Answer } from '../../../src/server/api/types.js';
import { Failed, Loading } from '../parts/States.js';
import { clock, OWN_ZONE } from '../shell/format.js';
import { useAnswer, useSession } from '../shell/store.js';
import { History } from './History.js';
import { Rejects } from './Rejects.js';
import { Running } from './Running.js';
import { Standing } from './Standing.js';
import './runs.css';

/** What was read, what is being read, what was set aside, and what waits. */
export function Runs() {
  const { answer, failed, at, reload } = useAnswer<Answer>('/runs');
  const isOperator = useSession()?.role === 'operator';
  const shown = at === null ? null : clock(new Date(at).toISOString(), OWN_ZONE);
  return (
    <>
      <h1 class="hidden-words">Runs</h1>
      {failed !== null && <Failed says={failed} shown={shown} reload={reload} />}
      {answer === null ? (
        failed === null && <Loading rows={8} />
      ) : (
        <>
          <Running runs={answer} isOperator={isOperator} />
          <History runs={answer.runs} />
          <Rejects isOperator={isOperator} />
          <Standing runs={answer} isOperator={isOperator} reload={reload} />
        </>
      )}
    </>
  );
}
