"""Routes of layouts, object information, tabs and menus, for :mod:`playground.routes`."""

from __future__ import annotations

from collections.abc import Callable

from playground import layouts, navigation, ui_api
from playground.calls import Answer

ROUTES: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    ("GET", "tabs", navigation.tabs),
    ("GET", "theme", navigation.theme),
    ("GET", "appMenu", navigation.app_menu),
    ("GET", "appMenu/*", navigation.app_menu_items),
    ("GET", "recent", navigation.recent),
    ("GET", "compactLayouts", layouts.compact_layouts_of_many),
    ("GET", "sobjects/*/describe/layouts", layouts.layouts),
    ("GET", "sobjects/*/describe/layouts/*", layouts.layout),
    ("GET", "sobjects/*/describe/compactLayouts", layouts.compact_layouts),
    ("GET", "sobjects/*/describe/approvalLayouts", layouts.approval_layouts),
    ("GET", "sobjects/*/listviews", layouts.list_views),
    ("GET", "sobjects/*/quickActions", layouts.quick_actions),
    ("GET", "ui-api/object-info", ui_api.object_directory),
    ("GET", "ui-api/object-info/*", ui_api.object_info),
    ("GET", "ui-api/object-info/*/picklist-values/*", ui_api.picklist_values),
    ("GET", "ui-api/object-info/*/picklist-values/*/*", ui_api.picklist_values_of_field),
)
