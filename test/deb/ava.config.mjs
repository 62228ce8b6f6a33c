// `npm run test:deb`: one file, whose tests build the package and take it through a bare Debian 12 and 13.
export default {
  files: ['test/deb/**/*.deb.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  workerThreads: false,
  serial: true,
  timeout: '20m',
}
