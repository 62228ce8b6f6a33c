// Two simulated hosts, a and b, with a disk each, and command lines as a person types them.
import type { Command, Ran } from '../../../../images/agent/backend.ts'
import { bareMachine } from '../../../../images/agent/simulator/machine/bare.ts'
import { type SimulatedHost, SimulatedSite } from '../../../../images/agent/simulator/site.ts'
import type { Domain } from '../../../../images/agent/simulator/state/domain.ts'
import { addDisk } from '../../../../images/agent/simulator/state/furnish.ts'
import { brokenBooks, brokenPromises } from '../../../../images/agent/simulator/state/invariants.ts'

export interface Pair {
  readonly site: SimulatedSite
  readonly a: SimulatedHost
  readonly b: SimulatedHost
  /** Throws when it does not end well. */
  ok(host: SimulatedHost, line: string): Promise<string>
  /** Its exit code, and what it said to stderr. */
  code(host: SimulatedHost, line: string): Promise<readonly [number, string]>
  faults(): readonly string[]
}

export function openPair(): Pair {
  const site = new SimulatedSite()
  const [a, b] = [site.host(bareMachine(0), 'a'), site.host(bareMachine(1), 'b')]
  site.change((now) => [a, b].reduce((all, { name }) => addDisk(all, name, 'vda', 'virtio', { bytes: 1 << 30 }), now))
  const run = async (host: SimulatedHost, line: string): Promise<Ran & { readonly kind: 'ended' }> => {
    const ran = await host.backend.run(words(line))
    if (ran.kind !== 'ended') throw new Error(`${host.name}: ${line}: ${JSON.stringify(ran)}`)
    return ran
  }
  return {
    site,
    a,
    b,
    ok: async (host, line) => {
      const { exitCode, stdout, stderr } = await run(host, line)
      if (exitCode !== 0) throw new Error(`${host.name}: ${line}: exit code ${exitCode}: ${stderr}`)
      return stdout
    },
    code: async (host, line) => {
      const { exitCode, stderr } = await run(host, line)
      return [exitCode, stderr]
    },
    faults: () => [...brokenBooks(site.state), ...brokenPromises(site.state)],
  }
}

/** Blanks part words, but within quotes. */
export function words(line: string): Command {
  const [program = '', ...args] = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
  return [program, ...args]
}

export function guestOf({ state }: SimulatedHost, name: string): Domain | undefined {
  return state().ram.domains.find((one) => one.name === name)
}

export async function writeConfig({ files }: SimulatedHost, name: string, disk: string, type = 'pvh'): Promise<string> {
  const path = `/run/${name}.cfg`
  const text = `name = "${name}"\ntype = "${type}"\nmemory = 128\nvcpus = 1\nkernel = "/usr/lib/grub-xen/grub-i386-xen_pvh.bin"\ndisk = [ "format=raw,vdev=xvda,access=rw,target=${disk}" ]\nvif = [ "bridge=xenbr0" ]\n`
  await files.write(path, text, 0o600)
  return path
}
