// The drawings: a grid of 20 units, strokes of 1.5, in the colour of the text around them.
//
// An icon stands beside its words, or has a `label`; alone it would say nothing to a screen reader.

const paths = {
  gate: 'M4 17.5V9a6 6 0 0 1 12 0v8.5zM7.2 10.5h5.6',
  inbox: 'M2.8 11.5 5 4h10l2.2 7.5V16H2.8zM2.8 11.5h4l1.2 2h4l1.2-2h4',
  star: 'm10 2.8 2.2 4.6 5 .7-3.6 3.5.9 5L10 14.2l-4.5 2.4.9-5L2.8 8.1l5-.7z',
  starf: 'm10 2.8 2.2 4.6 5 .7-3.6 3.5.9 5L10 14.2l-4.5 2.4.9-5L2.8 8.1l5-.7z',
  send: 'M2.8 3.5 17.5 10 2.8 16.5 5 10zM5 10h7',
  draft: 'M12.5 3.5h-8v13h11V8M8 12l.5-2.5L15 3l2 2-6.5 6.5z',
  archive: 'M2.8 3.8h14.4v3.4H2.8zM4 7.2V16h12V7.2M8 10.5h4',
  trash: 'M3.5 5.5h13M8 5.5v-2h4v2M5 5.5l.8 11h8.4l.8-11M8.5 8.5v5M11.5 8.5v5',
  junk: 'M10 2.8 16.2 5v5c0 3.6-2.6 6-6.2 7.200C6.4 16 3.8 13.6 3.8 10V5zM8 8l4 4M12 8l-4 4',
  shield: 'M10 2.8 16.2 5v5c0 3.6-2.6 6-6.2 7.200C6.4 16 3.8 13.6 3.8 10V5zM7.2 9.800l2 2 3.6-3.8',
  folder: 'M2.8 4.500h5l1.7 2h7.700V16H2.800z',
  search: 'M8.8 3.300a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M13 13l4 4',
  pen: 'm4 16 .8-3.500L14 3.300l2.7 2.7-9.2 9.200zM12 5.3 14.7 8',
  reply: 'M8 4 3 8.5 8 13V10.200c4 0 6.8 1.3 9 5.3-.5-5-3.8-8-9-8.500z',
  replyall: 'M6.5 4.5 2.5 8.500l4 4M10 4 5.5 8.5 10 13V10.300c3.5 0 5.8 1.2 7.5 4.7-.3-4.5-3-7.3-7.5-7.800z',
  forward: 'm12 4 5 4.5-5 4.500V10.200c-4 0-6.8 1.3-9 5.3.5-5 3.8-8 9-8.500z',
  more: 'M10 4.100a1.4 1.4 0 1 1 0 2.8 1.4 1.4 0 0 1 0-2.800m0 4.500a1.4 1.4 0 1 1 0 2.8 1.4 1.4 0 0 1 0-2.800m0 4.500a1.4 1.4 0 1 1 0 2.8 1.4 1.4 0 0 1 0-2.8',
  clip: 'm8 11 5-5a1.9 1.9 0 0 1 2.7 2.700l-6.3 6.300a3.3 3.3 0 0 1-4.7-4.700L10.5 4.5',
  lock: 'M4.5 9h11v8h-11zM7 9V6.500a3 3 0 0 1 6 0V9M10 12v2',
  key: 'M6.5 7.500a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7M9 9l7.5-5.500M13.5 5.800l2 2.5',
  check: 'm4 10.5 4 4 8-9',
  x: 'm5 5 10 10M15 5 5 15',
  down: 'm5.5 8 4.5 4.500L14.5 8',
  right: 'm8 5.5 4.5 4.500L8 14.5',
  left: 'M12 5.5 7.5 10l4.5 4.5',
  clock: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M10 6v4l2.8 2',
  user: 'M10 3.500a3.2 3.2 0 1 1 0 6.4 3.2 3.2 0 0 1 0-6.400M3.8 16.500c.5-3.3 3-5 6.2-5s5.7 1.7 6.2 5',
  users:
    'M7.5 4a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.600M2 16c.4-3 2.5-4.5 5.5-4.500S12.6 13 13 16M13 4.300a2.6 2.6 0 0 1 0 5M15 11.800c1.8.6 2.8 2 3 4.2',
  tune: 'M3 6h7M14 6h3M3 14h3M10 14h7M12 4v4M8 12v4',
  help: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M8 8c0-2.5 4-2.5 4 0 0 1.5-2 1.6-2 3.300M10 13.300v.7',
  eye: 'M2 10c2-3.6 4.8-5.3 8-5.300s6 1.7 8 5.300c-2 3.6-4.8 5.3-8 5.300S4 13.6 2 10M10 7.700a2.3 2.3 0 1 1 0 4.6 2.3 2.3 0 0 1 0-4.6',
  eyeoff:
    'M3 3l14 14M7.5 5.200A9 9 0 0 1 10 4.700c3.2 0 6 1.7 8 5.300a13 13 0 0 1-2.3 3M5 6.500A12 12 0 0 0 2 10c2 3.6 4.8 5.3 8 5.3 1.3 0 2.5-.3 3.5-.8',
  download: 'M10 3v9M6 8.500l4 4 4-4M3.5 16.500h13',
  refresh: 'M16 6.500A7 7 0 1 0 17 10M16.5 3v4h-4',
  speaker: 'M3 8v4h3l4 3.500v-11L6 8zM13 7.500c1.3 1.5 1.3 3.5 0 5M15.3 5.300c2.5 2.7 2.5 6.7 0 9.4',
  keyboard: 'M2.5 5h15v10h-15zM5.5 8h.100M8.5 8h.100M11.5 8h.100M14.5 8h.100M6.5 12h7',
  alert: 'M10 3.2 17.5 16h-15zM10 8v4M10 13.600v.6',
  info: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M10 9v5M10 6.200v.5',
  stop: 'M7 3h6l4 4v6l-4 4H7l-4-4V7zM6.5 10h7',
  print: 'M6 7.500v-4h8v4M6 14H3V7.500h14V14h-3M6 11.500h8v5H6z',
  external: 'M11.5 3.500h5v5M16.5 3.5 9 11M8 4.500H3.500v12h12V12',
  filter: 'M3 4h14l-5.5 6.500V16l-3-1.500v-4z',
  plus: 'M10 4v12M4 10h12',
  list: 'M3 5.500h14M3 10h14M3 14.500h14',
  columns: 'M3 4h14v12H3zM8.5 4v12',
  moon: 'M16 11.800A6.5 6.5 0 0 1 8.2 4a6.5 6.5 0 1 0 7.8 7.8',
  bell: 'M5 13.500V9a5 5 0 0 1 10 0v4.500l1.2 1.500H3.800zM8.5 17h3',
  globe: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M3 10h14M10 3c2.5 2.3 2.5 11.7 0 14M10 3c-2.5 2.3-2.5 11.7 0 14',
  file: 'M5 2.800h6.500L15.5 7v10.200H5zM11.5 2.800V7h4',
  sheet: 'M4 3.500h12v13H4zM4 8h12M4 12h12M9 8v8.5',
  image: 'M3 4h14v12H3zM3 13l4-4 3.5 3.500L13 10l4 4M12.5 7.300h.1',
  copy: 'M7 7h9.500v9.500H7zM13 7V3.500H3.500V13H7',
  undo: 'M7 4 3.5 7.5 7 11M3.5 7.500h8a4.3 4.3 0 0 1 0 8.600H8',
  queue: 'm10 3 7 3.5-7 3.5-7-3.500zM3 10l7 3.5 7-3.500M3 13.5 10 17l7-3.5',
  chart: 'M3.5 3v13.500h13M7 13v-3M10.5 13V6.500M14 13V9',
  book: 'M4 3.500h5.500L10 4l.5-.5H16v12h-5.500l-.5.8-.5-.800H4zM10 4v12',
  server: 'M3 4h14v5H3zM3 11h14v5H3zM6 6.500h.100M6 13.500h.1',
  out: 'M8 3.500H3.500v13H8M8 10h9M13.5 6.5 17 10l-3.5 3.5',
  tag: 'M3 3h6.500l7.5 7.5-6.5 6.500L3 9.500zM6.5 6.500h.1',
  menu: 'M3 5.500h14M3 10h14M3 14.500h14',
  stampi: 'M8 3h4v3.500l-1 3.500h4.500v3h-11v-3H9L8 6.500zM4.5 16.500h11',
  mask: 'M3 7h14v6H3zM6 10h.100M9 10h.100M12 10h.1',
  home: 'm3 9.5 7-6 7 6M5 8v8.500h10V8M8.5 16.500v-5h3v5',
  ip: 'M3 4h14v9H3zM7.5 16.500h5M10 13v3.5',
  bold: 'M6 4h4.500a2.8 2.8 0 0 1 0 5.700H6zM6 9.700h5.300a3 3 0 0 1 0 6.300H6z',
  under: 'M6 3.500v5.500a4 4 0 0 0 8 0V3.500M5 16.500h10',
  link: 'M8.5 11.500a3 3 0 0 0 4.3 0l2.7-2.700a3 3 0 0 0-4.3-4.300l-1 1M11.5 8.500a3 3 0 0 0-4.3 0l-2.7 2.700a3 3 0 0 0 4.3 4.300l1-1',
  ol: 'M8 5h9M8 10h9M8 15h9M3.5 3.500v3M3 10h1.500M3 15h1.5',
}
const filled = new Set<IconName>(['starf', 'more'])

export type IconName = keyof typeof paths

interface IconProps {
  name: IconName
  size?: 's' | 'l'
  label?: string
  className?: string
}

export function Icon({ name, size, label, className }: IconProps) {
  const names = ['i', size, className].filter(Boolean).join(' ')
  const isFilled = filled.has(name)
  return (
    <svg
      className={names}
      viewBox="0 0 20 20"
      fill={isFilled ? 'currentColor' : 'none'}
      stroke={name === 'more' ? 'none' : 'currentColor'}
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
    >
      <path d={paths[name]} />
    </svg>
  )
}
