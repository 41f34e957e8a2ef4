/** The numbers of a system call: `x64` and `arm64` as Node names them; null: that architecture does not have it. */
export type SystemCall = readonly [x64: number | null, arm64: number | null];

/** From here on every architecture numbers new system calls alike. */
const both = (number: number): SystemCall => [number, number];

/**
 * System calls that no program needs which computes and talks to its own files and streams, but with which programs have broken out of
 * namespaces, or which take memory that no limit counts.
 *
 * @see Linux: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h
 */
export const REFUSED_CALLS: Readonly<Record<string, SystemCall>> = {
  // namespaces and mounts
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  unshare: [272, 97],
  setns: [308, 268],
  open_tree: both(428),
  move_mount: both(429),
  fsopen: both(430),
  fsconfig: both(431),
  fsmount: both(432),
  fspick: both(433),
  mount_setattr: both(442),
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  // processes: another one's memory and files, and new ones (clone is judged by its flags)
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  kcmp: [312, 272],
  pidfd_getfd: both(438),
  process_madvise: both(440),
  process_mrelease: both(448),
  fork: [57, null],
  vfork: [58, null],
  // much kernel for little use
  bpf: [321, 280],
  perf_event_open: [298, 241],
  io_setup: [206, 0],
  io_uring_setup: both(425),
  io_uring_enter: both(426),
  io_uring_register: both(427),
  userfaultfd: [323, 282],
  vmsplice: [278, 75],
  fanotify_init: [300, 262],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // memory that no limit of the process counts, or that is placed by hand
  memfd_create: [319, 279],
  memfd_secret: both(447),
  shmget: [29, 194],
  shmat: [30, 196],
  shmctl: [31, 195],
  msgget: [68, 186],
  semget: [64, 190],
  mq_open: [240, 180],
  mq_unlink: [241, 181],
  mbind: [237, 235],
  set_mempolicy: [238, 237],
  set_mempolicy_home_node: both(450),
  migrate_pages: [256, 238],
  move_pages: [279, 239],
  // the machine itself
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  syslog: [103, 116],
  quotactl: [179, 60],
  quotactl_fd: both(443),
  vhangup: [153, 58],
  personality: [135, 92],
  iopl: [172, null],
  ioperm: [173, null],
  modify_ldt: [154, null],
  // left over from other times
  lookup_dcookie: [212, 18],
  nfsservctl: [180, 42],
  uselib: [134, null],
  ustat: [136, null],
  sysfs: [139, null],
  _sysctl: [156, null],
  create_module: [174, null],
};

/** System calls that are judged by their arguments. */
export const JUDGED_CALLS = {
  clone: [56, 220],
  socket: [41, 198],
  socketpair: [53, 199],
  ioctl: [16, 29],
  clone3: [435, 435],
} as const satisfies Record<string, SystemCall>;

/** The newest system call that was looked at (`mseal`, Linux 6.10): newer ones do not exist for the program. */
export const NEWEST_KNOWN_CALL = 462;
