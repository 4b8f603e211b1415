const NAME = 'theme';
const THEMES = ['system', 'light', 'dark'] as const;

/** As the viewer chose it; system: as their device has it. */
export type Theme = (typeof THEMES)[number];

/** The theme that was chosen. */
export function theme(): Theme {
  const stored = localStorage.getItem(NAME);
  return THEMES.find((one) => one === stored) ?? 'system';
}

/** Shows the page in the theme that was chosen. */
export function applyTheme(): void {
  const chosen = theme();
  if (chosen === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosen;
}

/** Chooses the next theme, and returns it. */
export function nextTheme(): Theme {
  const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length] ?? 'system';
  localStorage.setItem(NAME, next);
  applyTheme();
  dispatchEvent(new Event('themechange'));
  return next;
}
