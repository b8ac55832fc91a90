# Facts about the process.

KINDS_OF_MEMORY = {"[heap]": "heap", "[stack]": "stack"}


def read_file(path):
    """Text of a file of the system, empty when there is none."""
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            return b"".join(iter(lambda: os.read(fd, 65536), b"")).decode("utf-8", "replace")
        finally:
            os.close(fd)
    except OSError:
        return ""


def status_bytes(text, name):
    """A field such as `VmRSS:  123 kB` in bytes, None when it is not there."""
    for line in text.splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return None


def resident_parts():
    """Resident bytes by what the memory is, None without the kernel's list: {"heap": …, "anonymous": …, …}."""
    parts, part = {}, "mapped"
    for words in map(str.split, read_file("/proc/self/smaps").splitlines()):
        if words[0] == "Rss:":
            parts[part] = parts.get(part, 0) + int(words[1]) * 1024
        elif not words[0].endswith(":"):
            name = words[5] if len(words) > 5 else "[anon]"
            part = "anonymous" if name.startswith("[anon") else KINDS_OF_MEMORY.get(name, "mapped")
    return parts or None


def memory_facts():
    """(RSS, peak RSS, limit of the cgroup) in bytes, each None when unknown."""
    status, limit = read_file("/proc/self/status"), None
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        text = read_file(path).strip()
        if text.isdigit() and int(text) < 1 << 60:
            limit = int(text)
            break
    return status_bytes(status, "VmRSS"), status_bytes(status, "VmHWM"), limit


def header_of(s, facts):
    """The members of the document that come before the chunks."""
    rss, peak, limit = facts
    times, uname, started = os.times(), os.uname() if hasattr(os, "uname") else None, None
    try:
        fields = read_file("/proc/self/stat").rpartition(")")[2].split()
        started = float(read_file("/proc/uptime").split()[0]) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (ValueError, IndexError, AttributeError, OSError):
        pass
    argv = getattr(sys, "orig_argv", None) or getattr(sys, "argv", None)
    argv = argv if s.text != "none" and type(argv) is list else None
    argv = argv and [exact_text(a, 4096) for a in argv if exact_text(a) is not None]
    path = [exact_text(p, 4096) for p in sys.path if exact_text(p) is not None] if type(sys.path) is list else []
    library = exact_text(os.__dict__.get("__file__"), 4096)
    return {
        "dumper": {"name": "snapshot_dumper.py", "version": VERSION},
        "process": {"pid": os.getpid(), "argv": argv, "rss_bytes": rss, "peak_rss_bytes": peak,
                    "rss_parts": resident_parts(), "memory_limit_bytes": limit, "user_seconds": times[0],
                    "system_seconds": times[1], "real_seconds": started},
        "interpreter": {"implementation": sys.implementation.name, "version": "%d.%d.%d" % sys.version_info[:3],
                        "hexversion": sys.hexversion, "pointer_bytes": 8 if sys.maxsize > 1 << 32 else 4,
                        "free_threaded": not getattr(sys, "_is_gil_enabled", lambda: True)(),
                        "debug": hasattr(sys, "gettotalrefcount"), "prefix": sys.prefix,
                        "stdlib": library.rpartition("/")[0] if library else None,
                        "site_packages": [p for p in path if p.endswith(("site-packages", "dist-packages"))]},
        "platform": {"system": uname[0], "release": uname[2], "machine": uname[4]} if uname else {},
        "gc": {"enabled": s.gc_enabled, "counts": list(gc.get_count()), "thresholds": list(gc.get_threshold()),
               "frozen": gc.get_freeze_count(), "collected_first": s.collect},
        "options": {"text": s.text, "text_limit": TEXT_LIMIT},
        "capture": {"method": METHOD, "reason": REASON, "trigger": s.trigger,
                    "time": "%04d-%02d-%02dT%02d:%02d:%02dZ" % time.gmtime()[:6]},
    }


def growth_of(s):
    """Bytes by which the resident memory has grown at most, None when that is not known."""
    return max(0, s.peak - s.rss) if s.rss else None
