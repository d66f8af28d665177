const told = new Set<string>();

/** Tell the developers of the page what they can mend, once, in the browser's console. */
export function tellDevelopers(message: string): void {
  if (told.has(message)) return;
  told.add(message);
  // eslint-disable-next-line no-console -- shoppers cannot mend it, and developers look here
  console.error(`notification-inbox: ${message}`);
}
