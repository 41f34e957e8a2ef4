/**
 * What Python runs inside of the sandbox, as `python3 -c`: it reads one job (`job-frame.ts`), opens it where it is encrypted, and runs it as
 * `main.py`. An error that nobody catches is shown from the program's own first frame on; standard output is handed over line by line.
 */
export const PYTHON_RUNNER = String.raw`
import json, linecache, os, sys, traceback

LENGTH_BYTES = 11
PACKAGES = '/packages'


def read(size):
    parts = []
    while size > 0:
        part = os.read(0, size)
        if not part:
            sys.exit('the job was cut short')
        parts.append(part)
        size -= len(part)
    return b''.join(parts)


def never_began(marker):
    os.write(1, marker)
    os._exit(1)


def opened(code, password):
    try:
        from nacl import bindings
    except ImportError:
        sys.exit('python3-nacl is not installed')
    from base64 import b64decode
    from unicodedata import normalize

    kdf = code['kdf']
    bound = ['zk1', kdf['alg'], kdf['v'], kdf['m'], kdf['t'], kdf['p'], kdf['salt'], code['cipher'], code['language'], code['name']]
    try:
        key = bindings.crypto_pwhash_alg(
            32, normalize('NFC', password).encode(), b64decode(kdf['salt']), kdf['t'], kdf['m'] * 1024, bindings.crypto_pwhash_ALG_ARGON2ID13
        )
    except Exception as error:
        sys.exit('no key could be made of the password: ' + type(error).__name__)
    try:
        associated = '\n'.join(map(str, bound)).encode()
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(b64decode(code['ct']), associated, b64decode(code['nonce']), key).decode()
    except Exception:
        never_began(b'DECRYPTION_FAILED\n')


def read_job():
    os.closerange(3, 1 << 20)  # whatever the service itself was started with
    job = json.loads(read(int(read(LENGTH_BYTES))))
    source = opened(job['encrypted'], job['password']) if 'encrypted' in job else job['source']
    os.environ.clear()
    os.environ.update(job['environment'])
    sys.argv = ['main.py']
    if os.path.isdir(PACKAGES):
        own = next((at for at, path in enumerate(sys.path) if path.endswith('-packages')), len(sys.path))
        sys.path[own:own] = [os.path.join(PACKAGES, name) for name in sorted(os.listdir(PACKAGES))]
    return source


def show(kind, error, trace):
    try:
        if isinstance(error, MemoryError):
            traceback.clear_frames(trace)
        traceback.print_exception(kind, error, trace)
    except MemoryError:
        os.write(2, b'MemoryError\n')


def run(source):
    linecache.cache['main.py'] = (len(source), None, source.splitlines(True), 'main.py')
    main = type(sys)('__main__')
    main.__builtins__ = __builtins__
    sys.modules['__main__'] = main
    sys.excepthook = show
    sys.stdout.reconfigure(line_buffering=True)
    os.write(1, b'RUN\n')
    try:
        exec(compile(source, 'main.py', 'exec', dont_inherit=True), main.__dict__)
    except SystemExit:
        raise
    except BaseException as error:
        trace = error.__traceback__
        while trace and trace.tb_frame.f_code.co_filename != 'main.py':
            trace = trace.tb_next
        sys.excepthook(type(error), error, trace)
        sys.exit(1)


run(read_job())
`;
