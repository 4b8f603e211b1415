import { useState } from 'preact/hooks';
import { send } from '../shell/store.js';

interface OrderProps {
  readonly label: string;
  readonly path: string;
  readonly body: object;
  readonly disabled?: boolean;
  readonly after?: () => void;
}

/** A button that gives an order, and says beside it what became of it. */
export function Order({ label, path, body, disabled = false, after }: OrderProps) {
  const [says, setSays] = useState('');
  const [isAsking, setAsking] = useState(false);
  const give = () => {
    setAsking(true);
    setSays('');
    send<{ says: string }>(path, body)
      .then((answer) => setSays(answer.says))
      .catch((error: unknown) => setSays(error instanceof Error ? error.message : String(error)))
      .finally(() => {
        setAsking(false);
        after?.();
      });
  };
  return (
    <span class="order">
      <button type="button" disabled={disabled || isAsking} onClick={give}>
        {label}
      </button>{' '}
      <span role="status" class="small">
        {says}
      </span>
    </span>
  );
}
