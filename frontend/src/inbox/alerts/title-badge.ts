/**
 * Put a badge before the page's title, and keep it there when the page changes its title. If the
 * page sets the same title again, the badge is not put back, because a page that insists on its
 * title would remove it each time. Returns a function that removes the badge.
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
