// How the lab's tests run: a file after the other, but for those that turn.ts pairs. Each says in the end how long it took.

/** Images are built, then a pool is made and kept: the others start from both. */
const FIRST = ['build.lab.ts', 'pool.lab.ts']
/** With one server on at a time: run last, two at a time. The last one starts where the first one began, which has kept that by then. */
const PAIRED = ['root.lab.ts', 'network.lab.ts', 'firmware.lab.ts', 'resilience.lab.ts']

const placeOf = (file) => {
  const placeIn = (names) => names.findIndex((name) => file.endsWith(`/${name}`))
  const [first, last] = [placeIn(FIRST), placeIn(PAIRED)]
  return first >= 0 ? first : FIRST.length + 1 + last
}

export default {
  files: ['test/lab/**/*.lab.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  require: [['./test/lab/turn.ts', PAIRED], './test/lab/file-seconds.ts'],
  workerThreads: false,
  concurrency: 2,
  timeout: '20m',
  sortTestFiles: (a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1),
}
