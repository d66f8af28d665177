import type { Plugin } from 'vite';

/** An attribute of an element in JSX. Its value may be an expression with a template in it. */
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
      // Spaces instead keep the columns of the source map.
      handler: (code) => ({
        code: code.replaceAll(TEST_ID, (attribute) => ' '.repeat(attribute.length)),
        map: null,
      }),
    },
  };
}
