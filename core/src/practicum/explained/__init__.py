"""What can be done with explanations: adding up, drawing together, tables, files, pages and charts.

The methods of :class:`practicum.explanation.Explanation` lead here; importing this package imports nothing else.
"""
