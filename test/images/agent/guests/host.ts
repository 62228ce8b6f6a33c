// A simulated host with the VG data and the two disks of GUEST in it, ready; an agent that is killed in the midst of what it does; and the
// programs of jobs, which outlive it.
import { keptPath } from '../../../../images/agent/guests/kept.ts'
import { LostProgram, type Task, UNWATCHED } from '../../../../images/agent/requests/task.ts'
import type { World } from '../../../../images/agent/requests/world.ts'
import type { Domain } from '../../../../images/agent/simulator/state/domain.ts'
import { withDomain } from '../../../../images/agent/simulator/state/domains.ts'
import { addDisk } from '../../../../images/agent/simulator/state/furnish.ts'
import { brokenBooks, brokenPromises } from '../../../../images/agent/simulator/state/invariants.ts'
import { type DiskTags, deviceOf, lvOf, writeDiskTags } from '../../../../manager/protocol/guest-disk.ts'
import { type GuestConfig, guestConfig } from '../../../../manager/protocol/requests/guest-config.ts'
import type { RequestOf } from '../../../../manager/protocol/requests.ts'
import { type Watched, watchedHost } from '../simulated.ts'
import { GUEST } from './guest.ts'

export interface GuestHost extends Watched {
  /** GUEST, in this host's own VG. */
  readonly guest: GuestConfig
  readonly start: RequestOf<'start-guest'>
  readonly domains: () => readonly Domain[]
  /** Names of the devices of guests' disks that are there. */
  readonly open: () => readonly string[]
  /** What is kept of the guest. */
  readonly kept: () => { readonly [key: string]: unknown } | undefined
  /** Of the guest's first disk. */
  tag(changed: Partial<DiskTags>): Promise<void>
  become(changed: Partial<Domain>): void
  /** What no command may bring about. */
  readonly faults: () => readonly string[]
}

export async function guestHost(): Promise<GuestHost> {
  const machine = watchedHost((site, host) => addDisk(site, host, 'sda', 'sata', { bytes: 1 << 30 }))
  const { host, site } = machine
  const ok = async (...command: readonly [string, ...string[]]): Promise<void> => {
    const ran = await host.backend.run(command)
    if (ran.kind !== 'ended' || ran.exitCode !== 0) throw new Error(`${command.join(' ')}: ${JSON.stringify(ran)}`)
  }
  await ok('pvcreate', '/dev/sda')
  await ok('vgcreate', 'data', '/dev/sda')
  const uuid = [...site.state.groups.values()][0]?.uuid ?? ''
  const guest = guestConfig.parse({ ...GUEST, disks: GUEST.disks.map((disk) => ({ ...disk, vg: { name: 'data', uuid } })) })
  const tags = ({ disk, generation }: GuestConfig['disks'][number]): DiskTags => ({
    disk,
    guest: guest.uuid,
    generation,
    epoch: 1,
    state: 'ready',
  })
  for (const disk of guest.disks)
    await ok('lvcreate', '-y', '-L', '64m', '-n', lvOf(disk.disk), ...writeDiskTags(tags(disk)).flatMap((tag) => ['--addtag', tag]), 'data')
  const [first] = guest.disks
  const domains = (): readonly Domain[] => host.state().ram.domains
  return {
    ...machine,
    commands: machine.commands,
    guest,
    start: { kind: 'start-guest', guest, restart: 'on-failure' },
    domains,
    open: () => guest.disks.map(({ disk }) => deviceOf(disk)).filter((name) => host.state().ram.dm.some((device) => device.name === name)),
    kept: () => {
      const text = machine.file(keptPath(guest.uuid))
      return text === undefined ? undefined : JSON.parse(text)
    },
    tag: async (changed) => {
      if (!first) return
      const change = (option: string, tag: string): readonly string[] => [option, tag]
      const [before, after] = [writeDiskTags(tags(first)), writeDiskTags({ ...tags(first), ...changed })]
      const changes = [...before.flatMap((tag) => change('--deltag', tag)), ...after.flatMap((tag) => change('--addtag', tag))]
      await ok('lvchange', ...changes, `data/${lvOf(first.disk)}`)
    },
    become: (changed) => {
      const [domain] = domains()
      if (domain) site.change((now) => withDomain(now, host.name, { ...domain, ...changed }))
    },
    faults: () => [...brokenBooks(site.state), ...brokenPromises(site.state)],
  }
}

/** Of one job: each program is started once, and found again by whoever asks for its step later. */
export function lasting({ host }: Watched): Task['run'] {
  const begun = new Map<string, ReturnType<Task['run']>>()
  return (step, command) => {
    const running = begun.get(step) ?? host.backend.run(command)
    begun.set(step, running)
    return running
  }
}

export function asJob(machine: Watched, run: Task['run'] = lasting(machine)): Task {
  return { ...UNWATCHED, pace: 'long', run }
}

export function lost(): Task['run'] {
  return () => Promise.reject(new LostProgram('xl has ended, and nobody was there to see how'))
}

export interface Killed {
  readonly world: World
  /** How often it has asked for something. */
  readonly asked: () => number
  /** Resolves when it asks for more than it lives to ask for. */
  readonly dead: Promise<void>
}

/** What an agent sees that asks for so many things and is killed then: to the next one it never hears an answer. */
export function killedAfter(world: World, limit: number): Killed {
  let asked = 0
  let die: () => void = () => undefined
  const dead = new Promise<void>((resolve) => {
    die = resolve
  })
  const mortal =
    <Given extends readonly unknown[], Answer>(act: (...given: Given) => Promise<Answer>) =>
    (...given: Given): Promise<Answer> => {
      asked += 1
      if (asked <= limit) return act(...given)
      die()
      return new Promise(() => undefined)
    }
  const { backend, files } = world
  return {
    world: {
      ...world,
      backend: { run: mortal(backend.run), read: mortal(backend.read), readFile: mortal(backend.readFile), list: mortal(backend.list) },
      files: { write: mortal(files.write), remove: mortal(files.remove) },
    },
    asked: () => asked,
    dead,
  }
}
