// How the lab's tests run: a file after the other, each of which says in the end how long it took.

/** Images are built, then a pool is made and kept: the others start from both. */
const FIRST = ['build.lab.ts', 'pool.lab.ts']

const placeOf = (file) => {
  const place = FIRST.findIndex((name) => file.endsWith(`/${name}`))
  return place < 0 ? FIRST.length : place
}

export default {
  files: ['test/lab/**/*.lab.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  require: ['./test/lab/file-seconds.ts'],
  workerThreads: false,
  serial: true,
  timeout: '20m',
  sortTestFiles: (a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1),
}
