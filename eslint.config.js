import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'generated/', 'node_modules/', '.dependency-cruiser.cjs'] },
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // Handlers and use cases are async by their type, whether or not they wait for anything.
      '@typescript-eslint/require-await': 'off',
      // Rows and parsed JSON come as `any`; the function that reads them gives them their type.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      // There are no classes whose methods could lose their `this`: ports are plain objects of functions.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off', // what came from a library goes on as it came
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    files: ['src/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'It can be guessed: node:crypto has the random.' },
      ],
      'no-restricted-syntax': [
        'error',
        ...['', '.property'].flatMap((part) =>
          ['left', 'right'].map((side) => ({
            // what is compared with null, undefined or a text of the source is no secret that somebody guesses at
            selector: `BinaryExpression[operator=/^[!=]==?$/][${side}${part}.name=/(hash|secret|password|token|digest|apiKey|mac)$/i]:not([left.type='Literal'], [right.type='Literal'], [right.name=/^undefined$/])`,
            message: 'How long this takes tells where they differ: crypto.timingSafeEqual.',
          })),
        ),
      ],
    },
  },
  { files: ['**/*.mjs', '**/*.js'], languageOptions: { globals: { console: 'readonly', process: 'readonly' } } },
);
