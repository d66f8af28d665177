/**
 * Puts it before the page's title, whatever the page makes of the title meanwhile. A page that
 * insists on its own, by setting it back, has its way.
 */
export function badgeTitle(badge: string): () => void {
  let own: string | undefined;
  let written: string | undefined;
  const write = () => {
    const { title } = document;
    if (title === written || title === own) return;
    own = written !== undefined && title.startsWith(badge) ? title.slice(badge.length) : title;
    document.title = badge + own;
    written = document.title;
  };
  write();
  const observer = new MutationObserver(write);
  observer.observe(document.head, { childList: true, characterData: true, subtree: true });
  return () => {
    observer.disconnect();
    if (own !== undefined && document.title === written) document.title = own;
  };
}
