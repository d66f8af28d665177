import { useId } from 'react';

const BODY =
  'M104 56c8 8 12 18 12 32 0 26-34 48-34 100 0 42 24 72 76 72s76-30 76-72c0-52-34-74-34-100 0-14 4-24 12-32l-24 6-38-2c-16 0-32-1-46-4Z';

/** The shop's only product, drawn in the colours of the theme. */
export function Jug({ className }: { readonly className: string | undefined }) {
  const bodyId = useId();
  return (
    <svg className={className} viewBox="0 0 320 300" aria-hidden="true" focusable="false">
      <clipPath id={bodyId}>
        <path d={BODY} />
      </clipPath>
      <circle cx="160" cy="142" r="118" fill="var(--shop-sun)" />
      <ellipse cx="160" cy="262" rx="112" ry="13" fill="var(--shop-shadow)" />
      <path
        d="M200 108c52-16 84 6 78 50-5 32-26 54-60 62"
        fill="none"
        stroke="var(--shop-clay-deep)"
        strokeWidth="15"
        strokeLinecap="round"
      />
      <path d={BODY} fill="var(--shop-clay)" />
      <g clipPath={`url(#${bodyId})`}>
        <path
          d="M60 168c30 14 60-8 98-3 30 4 56 16 92-3v52c-34 16-60-2-90-4-36-2-66 14-100-2Z"
          fill="var(--shop-glaze)"
        />
        <path
          d="M186 40c0 60 40 84 34 146-4 44-30 68-70 78h100V40Z"
          fill="var(--shop-clay-deep)"
          opacity="0.4"
        />
      </g>
    </svg>
  );
}
