import { whole } from '../shell/format.js';

const WIDTH = 112;
const HEIGHT = 28;

/** Sales of the last 14 days on a scale of their own; today is hollow, since it goes on. */
export function Sparkline({ days }: { readonly days: readonly number[] }) {
  const most = Math.max(1, ...days);
  const step = WIDTH / days.length;
  const [least, today] = [Math.min(...days), days.at(-1) ?? 0];
  const says = `Last 14 days: ${whole(least)} to ${whole(Math.max(...days))} a day, ${whole(today)} today so far`;
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={says}>
      {days.map((sold, n) => {
        const height = sold === 0 ? 1 : Math.max(2, (sold / most) * (HEIGHT - 1));
        const isToday = n === days.length - 1;
        return (
          <rect
            key={n}
            class={isToday ? 'today' : undefined}
            x={n * step + (isToday ? 0.5 : 0)}
            y={HEIGHT - height + (isToday ? 0.5 : 0)}
            width={step - (isToday ? 3 : 2)}
            height={isToday ? Math.max(0.5, height - 1) : height}
          />
        );
      })}
    </svg>
  );
}
