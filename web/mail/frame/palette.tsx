// The command palette: mailboxes, acts, other pages; what is none of them is searched for.

import { signOut } from '../../parts/api.ts'
import { acts } from '../keys/commands.ts'
import { bindings, type Command } from '../keys/map.ts'
import { branches, withRoles } from '../mailboxes.ts'
import { chooseDensity, chooseTheme, density, theme } from '../look.ts'
import { mailboxName } from '../title.ts'
import { useMail } from '../words.ts'
import { chooseLanguage } from '../../words/words.ts'
import type { IconName } from '../../parts/icon.tsx'
import { Choices, type Choice } from './choices.tsx'
import { Modal } from './modal.tsx'

const offered: [Command, IconName][] = [
  ['compose', 'pen'],
  ['reply', 'reply'],
  ['replyAll', 'replyall'],
  ['forward', 'forward'],
  ['archive', 'archive'],
  ['trash', 'trash'],
  ['junk', 'junk'],
  ['star', 'star'],
  ['markRead', 'eye'],
  ['markUnread', 'eyeoff'],
  ['move', 'folder'],
  ['undo', 'undo'],
  ['search', 'search'],
  ['help', 'help'],
]

export function Palette() {
  const mail = useMail()
  const { words: w, language } = mail
  const close = (then: () => unknown) => () => {
    mail.dialog.set(undefined)
    setTimeout(() => void then()) // when the focus has gone back
  }
  const go = (place: string, accountId?: string) =>
    close(() => mail.go({ accountId, place, emailId: undefined, words: '', show: undefined, compose: undefined }))
  const compare = new Intl.Collator(language).compare
  const places = mail.accounts.get().flatMap((account): Choice[] => {
    const all = account.mailboxes.get()
    const owner = account.isOwn ? '' : `${account.address} / `
    return [
      ...withRoles(all).map((one): Choice => ({
        key: `${account.id} ${one.id}`,
        label: owner + mailboxName(one, w),
        words: `${one.role} ${one.name}`,
        icon: 'folder',
        take: go(one.id, account.isOwn ? undefined : account.id),
      })),
      ...branches(all, compare).map(({ mailbox, path }): Choice => ({
        key: `${account.id} ${mailbox.id}`,
        label: owner + path,
        icon: 'folder',
        take: go(mailbox.id, account.isOwn ? undefined : account.id),
      })),
    ]
  })
  const commands = offered.map(([command, icon]): Choice => {
    const keys = bindings.find((one) => one.command === command)?.keys
    return {
      key: command,
      label: w.command(command),
      words: command,
      icon,
      take: close(() => acts[command](mail)),
      ...(keys && { keys }),
    }
  })
  const others: Choice[] = [
    {
      key: 'theme',
      label: theme() === 'dark' ? w.themeLight : w.themeDark,
      words: 'theme dark light',
      icon: 'moon',
      take: close(() => chooseTheme(theme() === 'dark' ? 'light' : 'dark')),
    },
    {
      key: 'density',
      label: density() === 'dense' ? w.densityNormal : w.densityDense,
      words: 'density',
      icon: 'list',
      take: close(() => chooseDensity(density() === 'dense' ? 'normal' : 'dense')),
    },
    {
      key: 'contacts',
      label: w.contacts,
      words: 'contacts address book',
      icon: 'book',
      take: go('contacts'),
    },
    {
      key: 'self',
      label: w.selfFace,
      words: 'portal self',
      icon: 'home',
      take: close(() => location.assign('/self/')),
    },
    ...(mail.me.administrator
      ? [
          {
            key: 'admin',
            label: w.adminFace,
            words: 'admin',
            icon: 'server' as const,
            take: close(() => location.assign('/admin/')),
          },
        ]
      : []),
    {
      key: 'language',
      label: w.otherLanguage,
      words: 'language 語言',
      icon: 'globe',
      take: close(() => {
        chooseLanguage(language === 'en' ? 'zh-Hant' : 'en')
        location.reload()
      }),
    },
    {
      key: 'out',
      label: w.signOut,
      words: 'sign out',
      icon: 'out',
      take: close(() => signOut().finally(() => location.replace('/login/'))),
    },
  ]
  const search = (typed: string): Choice => ({
    key: 'search for',
    label: w.searchFor(typed),
    icon: 'search',
    take: close(() =>
      mail.go({ place: 'search', words: typed, emailId: undefined, show: undefined, compose: undefined }),
    ),
  })
  return (
    <Modal title={w.palette} isHidden>
      <Choices
        label={w.paletteHint}
        choices={[...commands, ...places, ...others]}
        nothing={w.nothingFound}
        otherwise={search}
      />
    </Modal>
  )
}
