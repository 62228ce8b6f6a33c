// Logs and terminals of this machine.
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Terminals } from './channel.ts'
import type { Logs } from './tail.ts'

export const machineLogs: Logs = {
  async read(path, from, most) {
    try {
      const file = await open(path, 'r')
      try {
        const { size } = await file.stat()
        const octets = Buffer.alloc(Math.max(0, Math.min(most, size - from)))
        const { bytesRead } = octets.length > 0 ? await file.read(octets, 0, octets.length, from) : { bytesRead: 0 }
        return { kind: 'read', octets: octets.subarray(0, bytesRead), size }
      } finally {
        await file.close()
      }
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return { kind: 'missing' }
      return { kind: 'unreadable', reason: error instanceof Error ? error.message : String(error) }
    }
  },
}

export const machineTerminals: Terminals = {
  async type(path, octets) {
    // Not the agent's own terminal, whatever it is the leader of; and a guest that does not read holds up nobody.
    const file = await open(path, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK)
    try {
      const { bytesWritten } = await file.write(octets)
      return bytesWritten
    } catch (error) {
      if (codeOf(error) === 'EAGAIN') return 0
      throw error
    } finally {
      await file.close()
    }
  },
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
