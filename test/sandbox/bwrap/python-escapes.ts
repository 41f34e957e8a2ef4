/** What is known of a way out: outside it is open to anybody, to the user whom the service runs as, or depends on the machine (then only that it is held inside is shown). */
export type Outside = 'anybody' | 'owner' | 'depends';

/** Ways out, by what they reach: an expression of Python each, which is true, or at least does not fail, where it worked. `there` is what the test tells. */
export const PYTHON_ESCAPES: Record<string, readonly [Outside, string]> = {
  // files of the host
  'a file of the host': ['anybody', `open(there['file']).read()`],
  'a file of the host through /proc/1/root': ['depends', `open('/proc/1/root' + there['file']).read()`],
  'a file of the host through a symbolic link': [
    'anybody',
    `[os.symlink(there['file'], there['link']), open(there['link']).read(), os.unlink(there['link'])]`,
  ],
  'the folders of the host': [
    'anybody',
    `[os.stat(path) for path in ('/etc/passwd', '/var', '/home', '/root', '/run', '/sys', '/usr/local', '/usr/src')]`,
  ],
  '/etc/shadow': ['depends', `open('/etc/shadow').read()`],
  "the service's own files": ['anybody', `open(there['package']).read()`],
  'a file by its handle': ['depends', `call(303, -100, b'/etc', bytearray(b'\\x80' + bytes(200)), bytearray(8), 0)`],
  // something to write to
  ...Object.fromEntries(
    ['/tmp', '/dev/shm', '/var/tmp'].map((folder) => [`a file in ${folder}`, ['anybody', `written('${folder}')`] as const]),
  ),
  ...Object.fromEntries(
    ['/', '/dev', '/usr/bin', '/usr/lib', '/proc', '/proc/self'].map((folder) => [
      `a file in ${folder}`,
      ['depends', `written('${folder}')`] as const,
    ]),
  ),
  'a folder, a pipe, a socket': ['anybody', `made('/tmp/latchkey-probe')`],
  'a file with a hole of a gigabyte': ['anybody', `grown('/tmp/latchkey-probe')`],
  'a setting of the kernel': ['depends', `os.open('/proc/sys/vm/overcommit_memory', os.O_WRONLY)`],
  'the key of the kernel': ['depends', `os.open('/proc/sysrq-trigger', os.O_WRONLY)`],
  'its own place in the queue of the out-of-memory killer': ['anybody', `os.open('/proc/self/oom_score_adj', os.O_WRONLY)`],
  // the network
  'TCP on loopback': ['anybody', `socket.create_connection(('127.0.0.1', there['tcpPort']), 2)`],
  'HTTP on loopback': ['anybody', `urllib.request.urlopen(there['httpUrl'], timeout=2).read()`],
  'a listener of its own': ['anybody', `socket.create_server(('127.0.0.1', 0))`],
  UDP: ['anybody', `socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))`],
  IPv6: ['depends', `socket.socket(socket.AF_INET6)`],
  'netlink, raw, packet and vsock sockets': [
    'depends',
    `[socket.socket(16, 3), socket.socket(2, 3, 1), socket.socket(17, 3), socket.socket(40, 1)]`,
  ],
  'a Unix socket in a file': ['anybody', `socket.socket(socket.AF_UNIX).connect(there['unixSocket']) is None`],
  'an abstract Unix socket': [
    'anybody',
    `socket.socket(socket.AF_UNIX).connect('\\0' + there['abstractSocket'].ljust(107, '\\0')) is None`,
  ],
  // processes
  fork: ['anybody', `forked(os.fork())`],
  'fork by its number': ['anybody', `forked(call(57))`],
  clone: ['anybody', `forked(call(56, 17, 0, 0, 0, 0))`],
  clone3: ['anybody', `forked(call(435, bytearray(struct.pack('11Q', 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0)), 88))`],
  'a daemon that is left behind': ['anybody', `forked(os.forkpty()[0])`],
  'another program': ['anybody', `subprocess.run(['/bin/true'], check=True)`],
  'a shell': ['anybody', `os.system('true') == 0`],
  'another interpreter': ['anybody', `multiprocessing.get_context('fork').Process(target=int).start() is None`],
  'the process of the service': ['owner', `os.kill(there['service'], 0) is None`],
  'a file of the process of the service': ['anybody', `os.stat('/proc/%d/cmdline' % there['service'])`],
  "the service's memory": ['depends', `open('/proc/%d/mem' % there['service'], 'rb')`],
  // rights
  root: ['depends', `os.geteuid() == 0 or os.setuid(0) is None`],
  'a capability': ['depends', `any(int(status(name), 16) for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'))`],
  'programs with more rights than their caller': [
    'anybody',
    `status('NoNewPrivs') == '0' and not os.statvfs('/usr/bin').f_flag & os.ST_NOSUID`,
  ],
  'higher limits': ['anybody', `[resource.getrlimit(limit)[1] for limit in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE)] == [-1, -1]`],
  'the name of the host': ['anybody', `socket.gethostname() == there['host']`],
  'a user namespace': ['anybody', `entered(0x10000000)`],
  'a network namespace': ['anybody', `entered(0x50000000)`],
  'the namespaces of another process': ['depends', `call(308, os.open('/proc/1/ns/net', os.O_RDONLY), 0)`],
  'a mount': ['anybody', `mounted('/tmp')`],
  'another root': ['anybody', `forked(os.fork(), lambda: [call(272, 0x10000000), os.chroot('/tmp')])`],
  'a device of the host': [
    'anybody',
    `set(os.listdir('/dev')) - set('core console fd full null ptmx pts random shm stderr stdin stdout tty urandom zero'.split())`,
  ],
  // system calls
  'a key ring': ['anybody', `call(250, 0, -3, 1, 0, 0)`],
  'a key': ['anybody', `call(248, b'user', b'latchkey-probe', b'x', 1, -2)`],
  io_uring: ['depends', `call(425, 1, bytearray(120))`],
  'a program for the kernel': ['depends', `call(321, 0, bytearray(struct.pack('5IQ', 2, 4, 4, 1, 0, 0) + bytes(96)), 120)`],
  'the counters of the processor': ['depends', `call(298, bytearray(struct.pack('IIQ', 1, 128, 0) + bytes(112)), 0, -1, -1, 0)`],
  tracing: ['anybody', `forked(os.fork(), lambda: call(101, 0, 0, 0, 0))`],
  'the memory of a process': ['anybody', `call(310, os.getpid(), vector, 1, vector, 1, 0)`],
  'pages of its own making': ['depends', `call(323, 1)`],
  'a file in memory': ['anybody', `call(319, b'probe', 0)`],
  'shared memory of System V': ['anybody', `call(31, call(29, 0, 4096, 0o1600), 0, 0) == 0`],
  'a message queue of System V': ['anybody', `call(71, call(68, 0, 0o1600), 0, 0) == 0`],
  'semaphores of System V': ['anybody', `call(66, call(64, 0, 1, 0o1600), 0, 0, 0) == 0`],
  'a message queue of POSIX': [
    'anybody',
    `call(240, b'latchkey-probe', os.O_CREAT | os.O_RDWR, 0o600, 0) >= 0 and call(241, b'latchkey-probe') == 0`,
  ],
  'another personality': ['anybody', `call(135, 0xffffffff) >= 0`],
  'typing into a terminal': ['depends', `fcntl.ioctl(os.openpty()[1], 0x5412, b'x') is not None`],
  'a call that is newer than the filter': ['depends', `call(463, -1, 0, 0, 0, 0, 0)`],
};

/** A program that tries them all, told on standard input what there is, and says of each what came of it. */
export const PYTHON_PROBES = `
import ctypes, errno, fcntl, json, multiprocessing, os, resource, socket, struct, subprocess, sys, urllib.request
assert os.geteuid() != 0 # some of this would change the machine
there = json.load(sys.stdin)
libc = ctypes.CDLL(None, use_errno=True)
room = ctypes.create_string_buffer(8)
vector = bytearray(struct.pack('QQ', ctypes.addressof(room), 8))

def pointer(value):
    if isinstance(value, bytearray):
        return (ctypes.c_char * len(value)).from_buffer(value)
    return ctypes.c_char_p(value) if isinstance(value, bytes) else ctypes.c_long(value)

def call(number, *args):
    answer = libc.syscall(ctypes.c_long(number), *map(pointer, args))
    if answer < 0:
        raise OSError(ctypes.get_errno(), 'system call')
    return answer

def forked(child, work=lambda: None):
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0

def mounted(path):
    # in a namespace of its own that shares nothing: outside, it must not reach the machine
    return forked(os.fork(), lambda: [call(272, 0x10020000), call(165, 0, b'/', 0, 0x44000, 0), call(165, b'none', path.encode(), b'tmpfs', 0, 0)])

def entered(flags):
    return forked(os.fork(), lambda: call(272, flags))

def written(folder):
    path = folder + '/latchkey-probe'
    open(path, 'w').write('x')
    os.unlink(path)
    return True

def made(path):
    os.mkdir(path); os.rmdir(path)
    os.mkfifo(path); os.unlink(path)
    socket.socket(socket.AF_UNIX).bind(path); os.unlink(path)
    return True

def grown(path):
    with open(path, 'wb') as file:
        os.unlink(path)
        file.truncate(1 << 30)
    return True

def status(name):
    return dict(line.split(':\\t', 1) for line in open('/proc/self/status'))[name].strip()

def tried(escape):
    try:
        return 'reached' if eval(escape) not in (None, False, set()) else 'held'
    except BaseException as error:
        return 'held: ' + (errno.errorcode.get(getattr(error, 'errno', 0)) or type(error).__name__)

print(json.dumps({name: tried(escape) for name, escape in there['escapes'].items()}))
`;
