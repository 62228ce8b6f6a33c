// How the lab's tests run, once `first.config.mjs` has made what they start from: two files at a time, as most racks of these keep one core
// busy. Each says in the end how long it took.

/** The longest first, so that none is left alone at the end. */
const FIRST = ['root.lab.ts', 'usb.lab.ts', 'boot.lab.ts', 'resilience.lab.ts', 'network.lab.ts']
/** A file after the other, in this order: images are built, a pool is made and kept, and guests need both cores. */
export const ALONE = ['test/lab/build.lab.ts', 'test/lab/pool.lab.ts', 'test/lab/guest/guest.lab.ts']

const inOrder = (names) => {
  const placeOf = (file) => {
    const place = names.findIndex((name) => file.endsWith(name))
    return place < 0 ? names.length : place
  }
  return (a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1)
}

const all = {
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  require: ['./test/lab/file-seconds.ts'],
  workerThreads: false,
  timeout: '20m',
}

export const alone = { ...all, files: ALONE, concurrency: 1, sortTestFiles: inOrder(ALONE) }

export default {
  ...all,
  files: ['test/lab/**/*.lab.ts', ...ALONE.map((file) => `!${file}`)],
  concurrency: 2,
  sortTestFiles: inOrder(FIRST),
}
