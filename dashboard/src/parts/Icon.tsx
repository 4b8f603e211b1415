/** Four shapes, so that no meaning hangs on a colour. */
const SHAPES = {
  ok: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.6 5.2-4.2 4.6a.9.9 0 0 1-1.3 0L4.3 8.9l1.2-1.2 1.2 1.3 3.6-4z',
  info: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.8a5.2 5.2 0 1 1 0 10.4A5.2 5.2 0 0 1 8 2.8Zm-.9 1.6v4.1l3 1.8.8-1.4-2.2-1.3V4.4z',
  warn: 'M8 1 .6 14.5h14.8zM7.1 6h1.8v4.4H7.1zm0 5.4h1.8v1.7H7.1z',
  bad: 'M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1zm.4 3.3L4.3 5.5 6.8 8l-2.5 2.5 1.2 1.2L8 9.2l2.5 2.5 1.2-1.2L9.2 8l2.5-2.5-1.2-1.2L8 6.8z',
} as const;

export type Tone = keyof typeof SHAPES;

/** The sign of a tone, for the eye only: the words beside it say the same. */
export const Icon = ({ tone }: { readonly tone: Tone }) => (
  <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d={SHAPES[tone]} fill="currentColor" fill-rule="evenodd" />
  </svg>
);
