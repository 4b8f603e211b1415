/** The parts of a configuration that no text may show. */
import type { Config } from './config.js';

/** Its keys, passwords, and the addresses that let whoever knows them in. */
export function secretsOf({ database, events, serve, metrics }: Omit<Config, 'warnings'>): string[] {
  const password = database.kind === 'server' ? database.password : null;
  const named = database.kind === 'server' ? [database.user, database.database, database.host] : [];
  const secrets = [
    // A password that is a name as well would take the name out of every message.
    ...(named.includes(password ?? '') ? [] : [password]),
    ...events.flatMap(({ token, webhookKey }) => [token, webhookKey]),
    ...[serve.reportWebhookUrl, metrics.pushUrl, serve.dashboard.viewerHash, serve.dashboard.operatorHash],
  ];
  return secrets.filter((secret) => secret !== null);
}
