"""Activities that took place, and who was there: told by the activity, for all metrics that look at them."""

from __future__ import annotations

from channelnb.metrics.derived import derive

DONE = "done"
"""The derived column of activities, and of attendance, that is true of what took place."""

ACTIVITY = "LEFT JOIN {activities} AS act ON act.activity_id = f.activity_id"
"""The join of who was there to the activity, `act`: the same for every derived column, so that it is made once."""

for _name in ("partner_id", "kind", "held_on", "line"):
    derive("attendance", _name, f"act.{_name}", needs=[f"activities.{_name}"], join=ACTIVITY)
# What has no status was held if its day has come: a book says `planned` of what lies after its date.
derive("attendance", DONE, "act.status IS DISTINCT FROM 'planned'", needs=["activities.held_on"], join=ACTIVITY)
derive("activities", DONE, "f.status IS DISTINCT FROM 'planned'", needs=["activities.held_on"])
