// A testbed at a starting point: from what was saved of it, in seconds; or there on foot, and saved for the next one.

import { cp, mkdir, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { z } from 'zod'
import { sourcesFingerprint } from '../image.ts'
import { LOGIN_FILES } from '../operator.ts'
import { waitLinked } from '../pool.ts'
import { QEMU } from '../qemu.ts'
import type { Rack } from '../rack.ts'
import { BOOT_MS, openTestbed, publishedGeneration } from '../testbed.ts'
import { pointKey } from './key.ts'
import { type At, firstOf, type Point, type Who } from './points.ts'
import { findPoint, keepPoint } from './store.ts'

const aboutSchema = z.object({
  nodes: z.array(z.object({ name: z.string(), poweredOnAt: z.number(), consoleStart: z.number() })),
})

type About = z.output<typeof aboutSchema>

/** What belongs to a rack and not to its images: they are borrowed anew. */
const IMAGES = 'images'
/** From QEMU's start to an answer of two restored dom0s, on two idle cores. */
const USUAL_MS = 8_000
const DATA = 'data'
const RUNTIME = 'runtime'

/**
 * A rack at that point: `const { bed, operator } = await startFrom(points.twoApproved)`, and `bed.close()` in the end. What was saved goes
 * on, in seconds; where nothing is, it boots, and is saved for whoever comes next. `say` hears which. Rejects with nothing left behind but
 * consoles and logs.
 */
export async function startFrom<Asks extends Who>(point: Point<Asks>, say: (text: string) => void = tell): Promise<At<Asks>> {
  const key = await keyOf(point)
  const found = await findPoint(key, Date.now())
  switch (found.kind) {
    case 'found':
      try {
        return await goOn(point, found.folder, aboutSchema.parse(found.about), say)
      } catch (error) {
        say(`"${point.name}" could not be gone on with (${error instanceof Error ? error.message : String(error)}): the rack boots.`)
      }
      break
    case 'damaged':
      say(`What was saved of "${point.name}" is damaged (${found.reason}) and is gone: the rack boots.`)
      break
    case 'none':
      say(`Nothing is saved of "${point.name}" as it would be now: the rack boots.`)
  }
  const at = await reach(point, say)
  try {
    await keep(point, at)
  } catch (error) {
    await at.bed.close()
    throw error
  }
  return at
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}

async function keyOf({ name }: Pick<Point<Who>, 'name'>): Promise<string> {
  const { stdout } = await execa(QEMU, ['--version'])
  return pointKey({ point: name, generations: [await publishedGeneration('lab')], qemu: stdout, sources: await sourcesFingerprint() })
}

async function reach<Asks extends Who>(point: Point<Asks>, say: (text: string) => void): Promise<At<Asks>> {
  if (point.kind === 'next') {
    const at = await startFrom(point.from, say)
    try {
      await point.reach(at)
      return at
    } catch (error) {
      await at.bed.close()
      throw error
    }
  }
  const { nodes, more } = point
  const bed = await openTestbed({ nodes, more, say })
  try {
    return { bed, operator: await point.reach(bed) }
  } catch (error) {
    await bed.close()
    throw error
  }
}

/**
 * Saves a rack that is at that point, and resolves when all of it goes on: for who gets there by steps of its own. Machines first, so that
 * none of them sees the others go; then what serves them, so that its data is whole.
 */
export async function keep(point: Pick<Point<Who>, 'name'>, { bed, operator }: At): Promise<void> {
  const { rack, appliance, dataDir } = bed
  const key = await keyOf(point)
  await leaveClockSetter(bed)
  await Promise.all(rack.nodes.map(({ machine }) => machine.pause()))
  await appliance.stop()
  await keepPoint(key, Date.now(), async (folder) => {
    await copyWithout(dataDir, join(folder, DATA), IMAGES)
    if (operator) for (const file of LOGIN_FILES) await copyInto(join(rack.runtime, file), join(folder, RUNTIME, file))
    for (const { name, plan, machine } of rack.nodes) {
      await machine.save(join(folder, `${name}.memory`))
      await copyInto(plan.consoleLog, join(folder, `${name}.console`))
      for (const [index, { file }] of plan.disks.entries()) {
        // One that was never written to is as empty in the next rack.
        if ((await stat(file)).blocks > 0) await execa('cp', ['--sparse=always', file, join(folder, `${name}.disk${index}`)])
      }
    }
    const about: About = {
      nodes: rack.nodes.map(({ name, machine: { poweredOnAt = 0, consoleStart } }) => ({ name, poweredOnAt, consoleStart })),
    }
    return about
  })
  await appliance.restart()
  await Promise.all(rack.nodes.map(({ machine }) => machine.proceed()))
  await waitAgents({ bed, operator }, Date.now())
}

async function goOn<Asks extends Who>(point: Point<Asks>, folder: string, about: About, say: (text: string) => void): Promise<At<Asks>> {
  const { nodes, more, again } = firstOf(point)
  const prepare = async (rack: Rack, dataDir: string) => {
    await cp(join(folder, DATA), dataDir, { recursive: true, preserveTimestamps: true })
    for (const file of LOGIN_FILES) {
      const kept = join(folder, RUNTIME, file)
      if (await isThere(kept)) await copyInto(kept, join(rack.runtime, file))
    }
  }
  const bed = await openTestbed({ nodes, more, say, prepare })
  try {
    const begun = Date.now()
    await Promise.all(
      bed.rack.nodes.map(async ({ name: node, plan, machine }) => {
        const saved = about.nodes.find((one) => one.name === node)
        if (!saved) throw new Error(`nothing is saved of ${node}`)
        await cp(join(folder, `${node}.console`), plan.consoleLog)
        for (const [index, { file }] of plan.disks.entries()) {
          const disk = join(folder, `${node}.disk${index}`)
          if (await isThere(disk)) await execa('cp', ['--sparse=always', disk, file])
        }
        await machine.restore({ ...saved, memory: join(folder, `${node}.memory`) })
        await machine.proceed()
      }),
    )
    const at = { bed, operator: again(bed) }
    await onEach(bed, SET_CLOCK)
    bed.rack.pace.took(Date.now() - begun, USUAL_MS)
    await waitAgents(at, begun)
    return at
  } catch (error) {
    await bed.close()
    throw error
  }
}

/**
 * A clock stands still while its machine does, and must be right again before a certificate is looked at: sooner than an SSH session
 * could be there. So each dom0 is left something that sets it by the machine's own clock (QEMU's goes on with ours), once they differ. It
 * acts once: a clock that is off by then would let it act before the machine is saved, so that is set first.
 */
async function leaveClockSetter(bed: At['bed']): Promise<void> {
  await onEach(bed, `${SET_CLOCK}\nbusybox setsid sh -c '${CLOCK_SETTER}' </dev/null >/dev/null 2>&1 &`)
}

async function onEach({ rack }: At['bed'], input: string): Promise<void> {
  await Promise.all(
    rack.nodes.map(async ({ name, ssh }) => {
      const { exitCode, stderr } = await ssh(['sh', '-e'], { input, deadlineMs: BOOT_MS })
      if (exitCode !== 0) throw new Error(`${name}: its clock could not be set: ${stderr.trim()}`)
    }),
  )
}

/**
 * As a second of the machine's clock begins: it tells no less. On a busy computer dom0 may stand still between the two: what was set late is set
 * again.
 */
const SET_CLOCK = `
rtc=/sys/class/rtc/rtc0/since_epoch
set_clock() {
  begun=$(cat $rtc)
  while now=$(cat $rtc); [ $now = $begun ]; do :; done
  date -s "@$now" >/dev/null
}
is_set() { set -- $(cat $rtc; date +%s; cat $rtc); [ $2 -ge $1 ] && [ $2 -le $3 ]; }
tries=0
until set_clock; is_set; do
  tries=$((tries + 1))
  [ $tries -lt 30 ] || { echo 'it is set too late each time' >&2; exit 1; }
done`

/** Gives up after some minutes of a machine that was never stopped. */
const CLOCK_SETTER = `
tries=0
while [ $tries -lt 600 ]; do
  now=$(cat /sys/class/rtc/rtc0/since_epoch)
  if [ $((now - $(date +%s))) -gt 1 ]; then date -s "@$now"; exit; fi
  tries=$((tries + 1))
  sleep 0.2
done`

/** Their agents have found their manager again. */
async function waitAgents({ bed, operator }: At, since: number): Promise<void> {
  const names = bed.rack.nodes.map(({ name }) => name)
  if (operator) await waitLinked(operator, names, since)
}

async function copyWithout(from: string, to: string, without: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    // A socket is nobody's any more.
    if (entry.name === without || entry.isSocket()) continue
    await cp(join(from, entry.name), join(to, entry.name), {
      recursive: true,
      preserveTimestamps: true,
      filter: async (path) => !(await stat(path)).isSocket(),
    })
  }
}

async function copyInto(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await cp(from, to, { preserveTimestamps: true })
}

async function isThere(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined
}
