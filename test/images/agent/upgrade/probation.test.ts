import test from 'ava'
import { bundleAt, placesIn } from '../../../../images/agent/upgrade/places.ts'
import { startProbation } from '../../../../images/agent/upgrade/probation.ts'

const SHA256 = 'a'.repeat(64)
const OTHER = 'b'.repeat(64)
const places = placesIn('/run/hostless')

/** A version on trial on a host with these files; `ring`: its time is over. */
function onTrial(held: Readonly<Record<string, string>>) {
  const files = new Map(Object.entries({ [places.chosen]: `${SHA256}\n`, ...held }))
  let ring: (() => void) | undefined
  let givenUp: () => void = () => undefined
  const given = new Promise<void>((resolve) => {
    givenUp = resolve
  })
  const probation = startProbation({
    backend: { read: async (path) => files.get(path) },
    files: {
      write: async (path, content) => void files.set(path, String(content)),
      remove: async (path) => void files.delete(path),
    },
    clock: {
      after(_milliseconds, action) {
        ring = action
        return () => {
          ring = undefined
        }
      },
    },
    places,
    running: SHA256,
    patience: 1000,
    onGivenUp: givenUp,
  })
  return { files, probation, given, ring: () => ring?.() }
}

test('a version that no manager welcomes gives way to the image’s own, and can be chosen again', async (t) => {
  const { files, given, ring } = onTrial({})
  ring()
  await given
  t.deepEqual([...files], [[places.suspect, `${SHA256}\n`]])
})

test('at the second time it is dropped, beside those that were before', async (t) => {
  const { files, given, ring } = onTrial({ [places.suspect]: `${SHA256}\n`, [places.dropped]: `${OTHER}\n` })
  ring()
  await given
  t.deepEqual([...files], [[places.dropped, `${OTHER}\n${SHA256}\n`]])
})

test('what was held against another version is not held against this one', async (t) => {
  const { files, given, ring } = onTrial({ [places.suspect]: `${OTHER}\n` })
  ring()
  await given
  t.deepEqual([...files], [[places.suspect, `${SHA256}\n`]])
})

test('a version that was welcome stays, however long its manager is away later', async (t) => {
  const { files, probation, ring } = onTrial({ [places.suspect]: `${SHA256}\n` })
  await probation.passed()
  ring()
  await new Promise((resolve) => setImmediate(resolve))
  t.deepEqual([...files], [[places.chosen, `${SHA256}\n`]])
})

test('the image’s own agent is no bundle that was chosen', (t) => {
  t.is(bundleAt('/usr/lib/hostless/agent.mjs'), undefined)
  t.is(bundleAt(places.bundle(SHA256)), SHA256)
})
