import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** Failures are told apart by their code. The one function that recognises out-of-memory says so where it switches this off. */
const messageMatching = {
  message: 'Match on the code of a Problem, not on the text of a message.',
  selectors: [
    'CallExpression[callee.property.name=/^(includes|startsWith|endsWith|match|matchAll|search|indexOf)$/] > MemberExpression.callee > MemberExpression.object[property.name="message"]',
    'CallExpression[callee.property.name=/^(test|exec)$/] > MemberExpression.arguments[property.name="message"]',
  ],
};

export default defineConfig(
  { ignores: ['out/', 'reports/', 'training/', '**/.venv/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  svelte.configs.recommended,
  svelte.configs.prettier,
  {
    languageOptions: {
      globals: globals.node,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname, extraFileExtensions: ['.svelte'] },
    },
    rules: {
      eqeqeq: 'error',
      'max-lines': ['error', 300],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_$' }],
      // An async function without await turns what it throws into a rejection, as the interface it implements promises.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    // Programs that tests and measurements start as they stand, and CommonJS that a tool asks for: outside the type check.
    files: ['tests/**/*.mjs', 'tests/**/*.cjs', '*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
  },
  {
    files: ['tests/fixtures/electron-semantics/*'],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
    // A sandboxed preload script knows no other way to import.
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { globals: globals.browser, parserOptions: { parser: tseslint.parser } },
    // The linter does not see what a component hands to its callbacks; svelte-check does.
    settings: {
      svelte: {
        ignoreWarnings: ['argument', 'assignment', 'call', 'member-access', 'return'].map((what) => `@typescript-eslint/no-unsafe-${what}`),
      },
    },
    rules: {
      // A rune that is declared with let and only bound in the template.
      'prefer-const': 'off',
      'svelte/prefer-const': ['error', { destructuring: 'all' }],
      // The check of boundaries sees components compiled, without the types that they import.
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^\\.\\./(?:\\.\\./)*(app|cli|convert|engine|engine-host|main|preload|web)/' }] },
      ],
      // Sets and maps are replaced, not changed: `$state.raw` tells all that is needed.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  {
    files: ['src/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...messageMatching.selectors.map((selector) => ({ selector, message: messageMatching.message })),
        {
          selector: 'SvelteAttribute[key.name="style"]',
          message: 'Write style:property={…}: the content security policy lets no style attribute pass.',
        },
        {
          selector: 'ImportDeclaration[source.value="zod"][importKind="value"] > ImportSpecifier[importKind="value"]',
          message: "Write import * as z from 'zod': the named import bundles every locale.",
        },
      ],
    },
  },
);
