// Second factors: one's own, and for an admin the end of another's.
import type { Access, Answer } from '../../access/access.ts'
import type { secondFactor } from '../../contract/second-factor.ts'
import { done, type HandlersOf } from './handlers.ts'

/** Who asks is known: what is wrong is the password, or the code, that they have shown besides. */
function known<Value>(answer: Answer<Value>): Answer<Value> {
  return answer.kind === 'refused' && answer.status === 401 ? { ...answer, status: 403 } : answer
}

export function secondFactorHandlers(access: Access): HandlersOf<typeof secondFactor> {
  return {
    show: async (_input, { who }) => done(await access.secondFactor(who.user)),
    begin: async ({ password }, { who, peer }) => known(await access.beginSecondFactor(who.user, password, peer)),
    async confirm({ code }, { who, peer }) {
      const codes = await access.confirmSecondFactor(who.user, code, peer)
      return codes.kind === 'done' ? done({ recoveryCodes: [...codes.value] }) : known(codes)
    },
    async end({ password, code }, { who, peer }) {
      const ended = await access.endSecondFactor(who.user, { password, code }, peer)
      return ended.kind === 'done' ? done(await access.secondFactor(who.user)) : known(ended)
    },
    reset: ({ name }) => access.resetSecondFactor(name),
  }
}
