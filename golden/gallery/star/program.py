"""One settings object that 100 workers, 60 rows and a few others refer to."""
import snapshot_dumper


class Settings:
    pass


class Worker:
    def __init__(self, settings):
        self.settings = settings


SETTINGS = Settings()
WORKERS = [Worker(SETTINGS) for _ in range(100)]
ROWS = [{"row": number, "settings": SETTINGS} for number in range(60)]
PAIRS = [(SETTINGS, number) for number in range(2)]
SETTINGS.me = SETTINGS

snapshot_dumper.dump("snap.json", collect=True)
print(hex(id(SETTINGS)))
