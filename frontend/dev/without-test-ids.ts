import type { Plugin } from 'vite';

/** The attribute in JSX. Its value may be an expression that contains a template. */
const TEST_ID = /\sdata-testid=(?:"[^"]*"|\{(?:[^{}]|\{[^}]*\})*\})/g;

/**
 * Leave out the ids by which our own tests find elements in the demo. Hosts do not need them: their
 * tests find the same elements by role and name, as screen readers do.
 */
export function withoutTestIds(): Plugin {
  return {
    name: 'without-test-ids',
    enforce: 'pre',
    transform: {
      filter: { id: /\/src\/inbox\/.*\.tsx$/ },
      // Spaces replace the attribute, so that the columns of the source map stay the same.
      handler: (code) => ({
        code: code.replaceAll(TEST_ID, (attribute) => ' '.repeat(attribute.length)),
        map: null,
      }),
    },
  };
}
