import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Guard } from '../parts/Card.js';
import { Icon } from '../parts/Icon.js';
import { Loading } from '../parts/States.js';
import { clock, OWN_ZONE } from './format.js';
import { Link } from './Link.js';
import { go, useRoute } from './router.js';
import { send, useLive, useSession } from './store.js';
import { nextTheme, theme } from './theme.js';

const PAGES: Readonly<Record<string, { title: string; load: () => Promise<ComponentType> }>> = {
  '': { title: 'Overview', load: async () => (await import('../overview/Overview.js')).Overview },
  event: { title: 'Event', load: async () => (await import('../event/EventPage.js')).EventPage },
  quality: { title: 'Data quality', load: async () => (await import('../quality/Quality.js')).Quality },
  rows: { title: 'Rows', load: async () => (await import('../rows/Rows.js')).Rows },
  runs: { title: 'Runs', load: async () => (await import('../runs/Runs.js')).Runs },
  login: { title: 'Log in', load: async () => (await import('../login/Login.js')).Login },
};

/** The page: the bar above, and what the address says below. */
export function App() {
  const { path } = useRoute();
  const section = path[0] ?? '';
  const page = PAGES[section];
  const [shown, setShown] = useState<{ section: string; Page: ComponentType } | null>(null);
  useEffect(() => {
    document.title = `${page?.title ?? 'Not found'} · vivenu-ingest`;
    void page?.load().then((Page) => setShown({ section, Page }));
  }, [section]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the figures
      </a>
      {section !== 'login' && <Top section={section} />}
      <main id="main" tabIndex={-1}>
        <Guard key={section}>
          {page === undefined ? <NotFound /> : shown?.section === section ? <shown.Page /> : <Loading />}
        </Guard>
      </main>
    </>
  );
}

const NotFound = () => (
  <p>
    There is no such page. <Link to="/">To the overview</Link>
  </p>
);

const Top = ({ section }: { readonly section: string }) => (
  <header class="top">
    <Link to="/" class="brand">
      vivenu-ingest
    </Link>
    <nav class="sections" aria-label="Pages">
      <Link to="/" current={section === ''}>
        Overview
      </Link>
      <Link to="/quality" current={section === 'quality'}>
        Data quality
      </Link>
      <Link to="/runs" current={section === 'runs'}>
        Runs
      </Link>
    </nav>
    <div class="end">
      <Live />
      <ThemeButton />
      <Who />
    </div>
  </header>
);

function Live() {
  const { isLive, since, changedAt } = useLive();
  const at = (ms: number) => clock(new Date(ms).toISOString(), OWN_ZONE);
  const says = isLive
    ? `live${changedAt === null ? '' : `, changed ${at(changedAt)}`}`
    : `not live since ${at(since)}, trying again`;
  return (
    <span class={`live trust small is-${isLive ? 'ok' : 'warn'}`}>
      <Icon tone={isLive ? 'ok' : 'warn'} />
      <span class="quiet">{says}</span>
    </span>
  );
}

const THEMES = { system: 'auto', light: 'light', dark: 'dark' } as const;

function ThemeButton() {
  const [now, setNow] = useState(theme);
  return (
    <button type="button" class="small" onClick={() => setNow(nextTheme())}>
      Theme: {THEMES[now]}
    </button>
  );
}

function Who() {
  const session = useSession();
  if (session?.login !== 'required' || session.role === null) return null;
  const leave = () => void send('/logout', {}).then(() => go('/login'));
  return (
    <button type="button" class="small" onClick={leave}>
      Log out ({session.role})
    </button>
  );
}
