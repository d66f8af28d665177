/** All our style sheets, as text. The build minifies them. */
const SHEETS = import.meta.glob<string>('../*/*.css', {
  query: '?inline',
  import: 'default',
  eager: true,
});

/** A `theme` on the element itself takes precedence over that of its ancestors. */
const HOST = `
  :host { display: inline-block; }
  :host([theme='light']) { --ninbox-light: initial; --ninbox-dark: ; }
  :host([theme='dark']) { --ninbox-light: ; --ninbox-dark: initial; }
`;

const sheetOf = (css: string) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
};

let shared: CSSStyleSheet | undefined;

/**
 * Give a shadow root our styles. They are in one constructed style sheet, which all elements share.
 * A Content-Security-Policy does not apply to constructed style sheets.
 *
 * The document gets the sheet too, because a shadow root cannot see the document's theme:
 * `theme.css` sets two private properties by the theme of an ancestor. No other rule of the sheet
 * matches the host's page.
 */
export function adoptStyles(root: ShadowRoot): void {
  if (!shared) {
    shared = sheetOf(Object.values(SHEETS).join('') + HOST);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, shared];
  }
  root.adoptedStyleSheets = [shared];
}
