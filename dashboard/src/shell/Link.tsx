import type { ComponentChildren } from 'preact';
import { go } from './router.js';

interface LinkProps {
  readonly to: string;
  readonly class?: string;
  readonly current?: boolean;
  readonly children: ComponentChildren;
}

/** A link within the page; with a modifier key it is the browser's. */
export const Link = ({ to, current, children, ...rest }: LinkProps) => (
  <a
    href={to}
    {...rest}
    {...(current ? { 'aria-current': 'page' as const } : {})}
    onClick={(event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      go(to);
      scrollTo(0, 0);
    }}
  >
    {children}
  </a>
);
