// A new password, from whoever sits at the terminal, unseen and twice, or from a pipe: never from the command line, which others see.
import { password as passwordSchema } from '../../protocol/accounts.ts'
import { CommandFailure } from './failure.ts'
import type { Prompt } from './prompt.ts'

export async function newPassword(name: string, prompt: Prompt): Promise<string> {
  const password = await prompt.secret(`New password of ${name}: `)
  const checked = passwordSchema.safeParse(password)
  if (!checked.success) throw new CommandFailure(`the password ${checked.error.issues[0]?.message}`, 2)
  if (prompt.isTerminal && (await prompt.secret('The same again: ')) !== password)
    throw new CommandFailure('these were two passwords: nothing was changed')
  return password
}
