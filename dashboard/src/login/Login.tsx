import { useState } from 'preact/hooks';
import type { Login as Order, Session } from '../../../src/server/api/types.js';
import { go, useRoute } from '../shell/router.js';
import { send, useSession } from '../shell/store.js';
import './login.css';

/** Asks who looks. */
export function Login() {
  const session = useSession();
  const from = useRoute().query.get('from');
  const [failed, setFailed] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  // Only to an address of this page, whatever the link said.
  const next = from !== null && /^\/(?![/\\])/.test(from) ? from : '/';
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const order = { role: form.get('role'), password: form.get('password') } as Order;
    setAsking(true);
    setFailed(null);
    send<Session>('/login', order)
      .then(() => go(next, { replace: true }))
      .catch((error: unknown) => setFailed(error instanceof Error ? error.message : String(error)))
      .finally(() => setAsking(false));
  };
  return (
    <form class="card login" onSubmit={submit} aria-label="Log in">
      <h1>vivenu-ingest</h1>
      {session?.login === 'none' && (
        <p>
          No password is asked for on this machine. <a href="/">To the overview</a>
        </p>
      )}
      <label>
        Role
        <select name="role">
          <option value="viewer">Viewer: sees figures, no people</option>
          <option value="operator">Operator: may also try again, run, and see people</option>
        </select>
      </label>
      <label>
        Password
        <input type="password" name="password" autocomplete="current-password" required autofocus />
      </label>
      <button type="submit" disabled={isAsking}>
        Log in
      </button>
      <p class="failed" role="alert">
        {failed}
      </p>
    </form>
  );
}
