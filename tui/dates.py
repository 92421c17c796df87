"""Names days in the reader's language: today, yesterday, a date."""

from datetime import UTC, date, datetime, timedelta

from genchat.engine.language import say


def local_day(moment: datetime) -> date:
    """Return the day of a moment in the reader's time zone; a moment without a zone is UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return aware.astimezone().date()


def day_group(day: date, today: date) -> str:
    """Return the group that a day belongs to: today, yesterday, the past week, or its month."""
    if day >= today or day == today - timedelta(days=1):
        return day_name(day, today)
    if day > today - timedelta(days=7):
        return say("tui.day.week")
    return f"{say(f'tui.month.{day.month}')} {day.year}"


def day_name(day: date, today: date) -> str:
    """Return the name of a day: today, yesterday, or the date."""
    if day >= today:
        return say("tui.day.today")
    if day == today - timedelta(days=1):
        return say("tui.day.yesterday")
    return say("tui.day.date", day=day.day, month=say(f"tui.month.{day.month}"), year=day.year)


def short_time(moment: datetime, now: datetime) -> str:
    """Return a moment in at most eight characters: the time of day today, else the day, in another year the month."""
    local, today = moment.astimezone(), now.astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M}"
    month = say(f"tui.month.{local.month}")[:3]
    return f"{local.day} {month}" if local.year == today.year else f"{month} {local.year}"
