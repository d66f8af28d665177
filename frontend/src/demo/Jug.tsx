/** The shop's one product, drawn in its own colours. */
export function Jug({ className }: { readonly className: string | undefined }) {
  return (
    <svg className={className} viewBox="0 0 320 300" aria-hidden="true" focusable="false">
      <circle cx="160" cy="142" r="118" fill="var(--shop-sun)" />
      <ellipse cx="160" cy="262" rx="112" ry="13" fill="var(--shop-shadow)" />
      <path
        d="M222 112c42-10 62 18 54 54-7 30-30 50-62 52"
        fill="none"
        stroke="var(--shop-clay-deep)"
        strokeWidth="15"
        strokeLinecap="round"
      />
      <path
        d="M104 56c8 6 12 16 12 30 0 26-34 50-34 102 0 42 24 72 76 72s76-30 76-72c0-52-34-76-34-102 0-14 4-22 10-30l-22 6-38-2c-16 0-32-2-46-4Z"
        fill="var(--shop-clay)"
      />
      <path
        d="M200 86c0 26 34 50 34 102 0 42-24 72-76 72-14 0-26-2-36-6 62-4 84-38 82-80-2-40-22-60-22-88Z"
        fill="var(--shop-clay-deep)"
        opacity="0.55"
      />
      <path
        d="M88 160c-4 9-6 18-6 28 0 6 .5 12 1.6 17 30 12 60-8 90-2 20 4 40 6 59-3 1-4 1.4-8 1.4-12 0-11-1.6-20-4-29-22 12-44-2-66-6-28-5-52 10-76 7Z"
        fill="var(--shop-glaze)"
      />
    </svg>
  );
}
