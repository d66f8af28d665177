const told = new Set<string>();

/** Tell the page's developers, once and in the browser's console, about what they can fix. */
export function tellDevelopers(message: string): void {
  if (told.has(message)) return;
  told.add(message);
  // eslint-disable-next-line no-console -- shoppers cannot fix it, and developers look here
  console.error(`notification-inbox: ${message}`);
}
