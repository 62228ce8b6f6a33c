// The signatures on a device, as wipefs(8) finds them: partition tables too, and what blkid has no word for in udev's database.
import { tidy } from '../inventory/accept.ts'
import type { World } from '../requests/world.ts'

export type Signatures = { readonly kind: 'read'; readonly types: readonly string[] } | { readonly kind: 'unread'; readonly reason: string }

export async function readSignatures({ backend }: Pick<World, 'backend'>, path: string): Promise<Signatures> {
  const ran = await backend.run(['wipefs', '--noheadings', '--output', 'TYPE,OFFSET', path])
  switch (ran.kind) {
    case 'missing':
      return { kind: 'unread', reason: 'there is no program wipefs in this dom0' }
    case 'stopped':
      return { kind: 'unread', reason: `wipefs was ${ran.reason}` }
    case 'ended':
      return ran.exitCode === 0 && ran.stderr.trim() === ''
        ? { kind: 'read', types: typesIn(ran.stdout) }
        : { kind: 'unread', reason: `wipefs ended with exit code ${ran.exitCode}: ${tidy(ran.stderr, 200) ?? ''}` }
  }
}

function typesIn(stdout: string): readonly string[] {
  const lines = stdout.split('\n').filter((line) => line.trim() !== '')
  return [...new Set(lines.map((line) => line.trim().split(/\s+/)[0] ?? ''))]
}
