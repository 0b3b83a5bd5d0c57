/** A line of the last values, the newest at the right. */

interface Props {
  readonly values: readonly number[];
  /** Values that the whole width stands for. */
  readonly length: number;
  readonly label: string;
}

const WIDTH = 120;
const HEIGHT = 24;

export function Sparkline({ values, length, label }: Props) {
  const most = Math.max(1, ...values);
  const step = WIDTH / (length - 1);
  const from = WIDTH - (values.length - 1) * step;
  const points = values.map((value, at) => `${from + at * step},${HEIGHT - 2 - (value / most) * (HEIGHT - 4)}`);
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={label}
      preserveAspectRatio="none"
    >
      <title>{label}</title>
      <polyline points={points.join(' ')} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
