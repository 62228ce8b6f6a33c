// Guests that write all the time: after whatever happens each writes a block to each of its disks, and remembers what was acknowledged. All
// of that is what it reads there, on whichever host it goes on, and what lies there when it does not run.
import { type Content, cutOut } from '../../../../../images/agent/simulator/state/content.ts'
import { isAlive } from '../../../../../images/agent/simulator/state/domain.ts'
import { readAt, stampAt } from '../../../../../images/agent/simulator/state/io.ts'
import { type Group, PV_HEADER, type Volume } from '../../../../../images/agent/simulator/state/lvm.ts'
import type { Site } from '../../../../../images/agent/simulator/state/site.ts'
import { ownStamp } from './invariants/hosts.ts'
import { diskVolumes, domainsOf } from './invariants/moment.ts'

/** Sectors: where on a disk, in which blocks, and how many before it begins anew. */
const FIRST = 64
const BLOCK = 8
const BLOCKS = 32

interface Disk {
  readonly guest: string
  /** By block: the stamp that was acknowledged last. Of one whose write has failed nobody knows. */
  readonly acknowledged: Map<number, string>
}

export class Writers {
  /** By the path that its guest opens. */
  readonly #disks = new Map<string, Disk>()
  readonly #errors: string[] = []
  #count = 0

  /** Each that runs now. */
  write(site: Site): Site {
    let changed = site
    for (const { host, domain } of domainsOf(site)) {
      if (!isAlive(domain)) continue
      for (const { target, device, vdev } of domain.disks) {
        this.#count += 1
        const disk = this.#disks.get(target) ?? { guest: domain.uuid, acknowledged: new Map<number, string>() }
        this.#disks.set(target, disk)
        const block = this.#count % BLOCKS
        const stamp = `${ownStamp(domain.uuid)} #${this.#count}`
        const wrote = stampAt(changed, host, device, FIRST + block * BLOCK, BLOCK, stamp)
        if (wrote.kind === 'done') {
          disk.acknowledged.set(block, stamp)
          changed = wrote.value
        } else {
          disk.acknowledged.delete(block)
          if (wrote.why !== 'suspended') this.#errors.push(`${vdev} of ${domain.name} on ${host}: ${wrote.why}`)
        }
      }
    }
    return changed
  }

  /** What does not hold of guests that run. */
  lost(site: Site): readonly string[] {
    const lost = domainsOf(site).flatMap(({ host, domain }) =>
      isAlive(domain)
        ? domain.disks.flatMap(({ target, device, vdev }) => {
            const disk = this.#disks.get(target)
            if (!disk) return []
            const read = readAt(site, host, device, FIRST, BLOCK * BLOCKS)
            return read.kind === 'done' ? missing(disk, read.value, `${vdev} of ${domain.name} on ${host}`) : []
          })
        : [],
    )
    return [...lost, ...this.#errors.splice(0).map((error) => `a guest's write has failed: ${error}`)]
  }

  /** Of guests that do not run: what their disks of these LVs have. `isDisk`: of an LV and its tags, that it is the one that counts. */
  lostOfStopped(site: Site, isDisk: (vgUuid: string, disk: string) => boolean): readonly string[] {
    const running = new Set(domainsOf(site).flatMap(({ domain }) => (isAlive(domain) ? [domain.uuid] : [])))
    const volumes = diskVolumes(site)
    return [...this.#disks].flatMap(([target, disk]) => {
      if (running.has(disk.guest)) return []
      const found = volumes.find(({ group, tags }) => tags && target.endsWith(tags.disk) && isDisk(group.uuid, tags.disk))
      return found ? missing(disk, contentOf(site, found.group, found.volume), `${found.group.name}/${found.volume.name}`) : []
    })
  }
}

function missing({ acknowledged }: Disk, content: Content, where: string): readonly string[] {
  return [...acknowledged].flatMap(([block, stamp]) => {
    const [run] = cutOut(content, block * BLOCK, (block + 1) * BLOCK)
    return run?.stamp === stamp && run.at === 0 && run.end === BLOCK
      ? []
      : [`I3: block ${block} of ${where} has ${run?.stamp ?? 'nothing'}, and ${stamp} was acknowledged`]
  })
}

/** The part that is written, of a linear LV: all of it lies in the first extent. */
function contentOf(site: Site, group: Group, { segments }: Volume): Content {
  const [segment] = segments
  const pv = group.pvs.find(({ uuid }) => uuid === segment?.pv)
  const medium = pv && site.media.get(pv.medium)
  if (!segment || !pv || !medium) return []
  const at = pv.start + PV_HEADER + segment.first * group.extentSectors + FIRST
  return cutOut(medium.content, at, at + BLOCK * BLOCKS)
}
