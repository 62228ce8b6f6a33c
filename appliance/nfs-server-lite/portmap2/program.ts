// Program 100000 version 2, portmap (RFC 1833 section 3): tells where NFS and MOUNT are. Nobody may
// register here, and CALLIT, the amplifier, does not exist.
import type { Cursor, Writer } from '../../wire/cursor.ts'
import { type Effect, NO_EFFECT, NULL, type Procedure, type Program } from '../program.ts'
import { writeBool } from '../xdr.ts'

export const IPPROTO_TCP = 6
export const IPPROTO_UDP = 17

/** `mapping` of RFC 1833 section 3.1. */
export interface Mapping {
  readonly prog: number
  readonly vers: number
  readonly prot: number
  readonly port: number
}

export function portmapProgram(mappings: readonly Mapping[]): Program {
  return {
    name: 'PORTMAP',
    prog: 100000,
    vers: 2,
    procedures: [NULL, refused('SET'), refused('UNSET'), getport(mappings), dump(mappings)],
  }
}

/** SET and UNSET answer FALSE. */
function refused(name: string): Procedure {
  return {
    name,
    handle(args, _caller, result) {
      readMapping(args)
      writeBool(result, false)
      return NO_EFFECT
    },
  }
}

/** Port 0: not registered. */
function getport(mappings: readonly Mapping[]): Procedure {
  return {
    name: 'GETPORT',
    handle(args, _caller, result) {
      const { prog, vers, prot } = readMapping(args)
      const found = mappings.find((mapping) => mapping.prog === prog && mapping.vers === vers && mapping.prot === prot)
      result.u32(found?.port ?? 0)
      return NO_EFFECT
    },
  }
}

function dump(mappings: readonly Mapping[]): Procedure {
  return {
    name: 'DUMP',
    handle(args, _caller, result): Effect {
      args.end('arguments')
      for (const mapping of mappings) writeMapping(result, mapping)
      writeBool(result, false)
      return NO_EFFECT
    },
  }
}

function readMapping(args: Cursor): Mapping {
  const mapping = { prog: args.u32('prog'), vers: args.u32('vers'), prot: args.u32('prot'), port: args.u32('port') }
  args.end('arguments')
  return mapping
}

function writeMapping(result: Writer, { prog, vers, prot, port }: Mapping): void {
  writeBool(result, true)
  result.u32(prog).u32(vers).u32(prot).u32(port)
}
