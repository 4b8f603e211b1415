import { useState } from 'preact/hooks';
import type { Rejects as Answer } from '../../../src/server/api/types.js';
import { Card } from '../parts/Card.js';
import { age, whole } from '../shell/format.js';
import { useAnswer, useNow } from '../shell/store.js';
import { Order } from './Order.js';

/** Records that could not be stored, each with the reason, and trying them again. */
export function Rejects({ isOperator }: { readonly isOperator: boolean }) {
  const [after, setAfter] = useState<string | null>(null);
  const { answer, failed, reload } = useAnswer<Answer>(
    after === null ? '/rejects' : `/rejects?after=${after}`,
  );
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  if (answer === null) return failed === null ? null : <p class="quiet">{failed}</p>;
  const toggle = (id: string) =>
    setChosen(new Set(chosen.has(id) ? [...chosen].filter((one) => one !== id) : [...chosen, id]));
  const done = () => {
    setChosen(new Set());
    reload();
  };
  return (
    <Card
      title={`Set aside (${whole(answer.total)})`}
      note="records that could not be stored; the proof counts them"
      wide
    >
      {answer.total === 0 && <p class="quiet">Nothing is set aside.</p>}
      {isOperator && answer.total > 0 && (
        <div class="segments">
          <Order
            label={`Retry selected (${chosen.size})`}
            path="/rejects/retry"
            body={{ region: null, ids: [...chosen] }}
            disabled={chosen.size === 0}
            after={done}
          />
          <Order
            label={`Retry all ${whole(answer.total)}`}
            path="/rejects/retry"
            body={{ region: null, ids: null }}
            after={done}
          />
        </div>
      )}
      <ul class="rejects">
        {answer.rows.map((row) => (
          <Reject
            key={row.reject_id}
            row={row}
            isChosen={chosen.has(row.reject_id)}
            toggle={isOperator ? toggle : null}
          />
        ))}
      </ul>
      {(answer.next !== null || after !== null) && (
        <div class="segments">
          <button type="button" disabled={after === null} onClick={() => setAfter(null)}>
            First
          </button>
          <button type="button" disabled={answer.next === null} onClick={() => setAfter(answer.next)}>
            Next 100
          </button>
        </div>
      )}
    </Card>
  );
}

interface RejectProps {
  readonly row: Answer['rows'][number];
  readonly isChosen: boolean;
  /** null: who looks may not choose. */
  readonly toggle: ((id: string) => void) | null;
}

function Reject({ row, isChosen, toggle }: RejectProps) {
  const now = useNow();
  return (
    <li>
      {toggle !== null && (
        <input
          type="checkbox"
          aria-label={`Select ${row.stream} ${row.record_id ?? row.reject_id}`}
          checked={isChosen}
          onChange={() => toggle(row.reject_id)}
        />
      )}
      <span>
        <strong>{row.field}</strong>: {row.reason}
        <br />
        <span class="quiet small">
          {row.region} {row.stream} {row.record_id ?? '(no id)'}, since {age(row.first_seen_at, now)}
        </span>
      </span>
    </li>
  );
}
