import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** Failures are told apart by their code. The one function that recognises out-of-memory says so where it switches this off. */
const messageMatching = [
  'CallExpression[callee.property.name=/^(includes|startsWith|endsWith|match|matchAll|search|indexOf)$/] > MemberExpression.callee > MemberExpression.object[property.name="message"]',
  'CallExpression[callee.property.name=/^(test|exec)$/] > MemberExpression.arguments[property.name="message"]',
].map((selector) => ({ selector, message: 'Match on the code of a Problem, not on the text of a message.' }));

/** Of all of src. */
const refused = [
  ...messageMatching,
  {
    selector: 'SvelteAttribute[key.name="style"]',
    message: 'Write style:property={…}: the content security policy lets no style attribute pass.',
  },
  {
    selector: 'ImportDeclaration[source.value="zod"][importKind="value"] > ImportSpecifier[importKind="value"]',
    message: "Write import * as z from 'zod': the named import bundles every locale.",
  },
  { selector: 'SpreadElement > ObjectExpression.argument', message: 'A line each: a spread of a literal only saves lines.' },
];

/** Where numbers are computed with. */
const kernels = [
  'src/engine/{containers,evaluate,image,photo,pipelines,tiff,tiles,view}/**/*.ts',
  'src/engine/runtime/{samples,self-test}.ts',
  'src/convert/{architectures,optimise}/**/*.ts',
];
const readBesides = {
  selector:
    'LogicalExpression[operator="??"][left.type="MemberExpression"][left.computed=true][left.object.type!="ObjectExpression"][right.value=0]',
  message: 'A read beside the array becomes a black pixel: state the length once, then read with `!`.',
};

export default defineConfig(
  { ignores: ['out/', 'reports/', 'training/', '**/.venv/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  // What asks for types is oxlint's (.oxlintrc.json).
  tseslint.configs.strict,
  tseslint.configs.stylistic,
  svelte.configs.recommended,
  svelte.configs.prettier,
  {
    languageOptions: { globals: globals.node },
    rules: {
      eqeqeq: 'error',
      'max-lines': ['error', 300],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_$' }],
    },
  },
  {
    files: ['tests/fixtures/electron-semantics/*'],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
    // A sandboxed preload script knows no other way to import.
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { globals: globals.browser },
    rules: {
      // A rune that is declared with let and only bound in the template.
      'prefer-const': 'off',
      'svelte/prefer-const': ['error', { destructuring: 'all' }],
      // The check of boundaries sees components compiled, without the types that they import.
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^\\.\\./(?:\\.\\./)*(app|cli|convert|engine|engine-host|import|main|preload|web)/' }] },
      ],
      // Sets and maps are replaced, not changed: `$state.raw` tells all that is needed.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  // Runes are functions as far as types go: TypeScript's own parser reads these as they stand.
  { files: ['**/*.svelte.ts'], languageOptions: { parser: tseslint.parser } },
  // The types of a component are svelte-check's.
  { files: ['**/*.svelte'], languageOptions: { parserOptions: { parser: tseslint.parser } }, rules: { 'no-undef': 'off' } },
  {
    files: ['src/**', 'scripts/**'],
    rules: { complexity: ['error', 15], 'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }] },
  },
  { files: ['src/**'], rules: { 'no-restricted-syntax': ['error', ...refused] } },
  {
    files: kernels,
    rules: {
      'no-restricted-syntax': ['error', ...refused, readBesides],
      // A loop that states its bounds once reads without asking again, for each sample, whether there is one.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  // The rest of convert reads what is checked already, and shapes that may be shorter; measurements what they have made.
  { files: ['src/convert/**/*.ts', 'tests/bench/**/*.ts'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
  {
    files: ['tests/**'],
    rules: {
      // The type of a module that is imported again for each test.
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'MemberExpression[object.name=/^(describe|it|test)$/][property.name=/^(only|runIf|skip|skipIf|todo)$/]',
          message: "Write needs('…') for its options: a test that is skipped says why.",
        },
      ],
    },
  },
);
